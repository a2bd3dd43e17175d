package io.advunlearn.service.admin;

import io.advunlearn.registry.EncoderRegistry;
import io.advunlearn.registry.Garbage;
import io.advunlearn.registry.RegistryFinding;
import io.advunlearn.service.access.Identity;
import io.advunlearn.service.json.Answer;
import io.advunlearn.service.json.JsonFields;
import java.io.InputStream;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Operations on the registry as a whole. */
public final class RegistryOperations {

    private static final String DRY_RUN = "dry_run";
    private static final String DAYS = "older_than_days";
    private static final int MAX_DAYS = 36_500;

    private final EncoderRegistry registry;
    private final AdminLookup lookup;
    private final Identity caller;

    RegistryOperations(EncoderRegistry registry, AdminLookup lookup, Identity caller) {
        this.caller = caller;
        this.registry = registry;
        this.lookup = lookup;
    }

    /** Looks at everything. */
    public Answer verify() {
        return AdminAnswers.answer(() -> {
            List<RegistryFinding> findings = registry.check();
            return Answer.json(200, Map.of("ok", findings.stream().allMatch(RegistryFinding::ok), "findings", findings));
        });
    }

    /** Removes what nobody needs, or, unless {@code {"dry_run": false}}, only lists it. @param body may be null or empty */
    public Answer collect(InputStream body) {
        return AdminAnswers.answer(() -> {
            JsonFields fields = lookup.optionalBody(body, DRY_RUN, DAYS);
            boolean dryRun = fields.bool(DRY_RUN, true);
            Long days = fields.integer(DAYS, 0, MAX_DAYS);
            Garbage.Ages ages = days == null ? Garbage.Ages.DEFAULT : Garbage.Ages.DEFAULT.withEncoders(Duration.ofDays(days));
            List<Garbage> garbage = dryRun ? registry.garbage(ages) : registry.collect(ages, caller.name());
            Map<String, Object> members = new LinkedHashMap<>();
            members.put("dryRun", dryRun);
            members.put("bytes", garbage.stream().mapToLong(Garbage::bytes).sum());
            members.put(dryRun ? "garbage" : "removed", garbage);
            return Answer.json(200, members);
        });
    }
}
