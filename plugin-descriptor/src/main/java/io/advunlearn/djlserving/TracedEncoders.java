package io.advunlearn.djlserving;

import io.advunlearn.registry.EncoderRegistry;
import io.advunlearn.service.admin.AdminAnswers;
import io.advunlearn.service.admin.ProblemException;
import io.advunlearn.service.json.Answer;
import io.advunlearn.service.json.FieldException;
import io.advunlearn.service.json.JsonFields;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListMap;

/** The traced text encoders by model folder, and the operations on them. */
final class TracedEncoders {

    private static final String ORIGINAL = "original";
    private static final String REPLACEMENT = "replacement";

    private final Map<String, TracedEncoder> encoders = new ConcurrentSkipListMap<>();
    private final EncoderRegistry registry;

    TracedEncoders(EncoderRegistry registry) {
        this.registry = registry;
    }

    /** @throws IllegalArgumentException if there is one of that name */
    void add(String name, TracedEncoder encoder) {
        if (encoders.putIfAbsent(name, encoder) != null) {
            throw new IllegalArgumentException("there is a traced encoder " + name + " already");
        }
    }

    void remove(String name, TracedEncoder encoder) {
        encoders.remove(name, encoder);
    }

    Answer list() {
        return AdminAnswers.answer(() -> Answer.json(200,
                Map.of("traced_encoders", encoders.entrySet().stream().map(entry -> describe(entry.getKey(), entry.getValue())).toList())));
    }

    Answer get(String name) {
        return AdminAnswers.answer(() -> Answer.json(200, describe(name, find(name))));
    }

    /**
     * Switches between the two modules that the operator configured.
     *
     * @param body {@code {"module": "original"}} or {@code "replacement"}
     * @param principal who asks, for the audit log
     */
    Answer put(String name, byte[] body, String principal) {
        return AdminAnswers.answer(() -> {
            TracedEncoder encoder = find(name);
            JsonFields fields = JsonFields.parse(body, Set.of("module"));
            String module = fields.oneOf("module", List.of(ORIGINAL, REPLACEMENT));
            if (module == null) {
                throw new FieldException("module", "missing_required_parameter", "module is required: " + ORIGINAL + " or " + REPLACEMENT);
            }
            AdminAnswers.checked(() -> {
                if (module.equals(REPLACEMENT)) {
                    encoder.replace();
                } else {
                    encoder.restore();
                }
                return encoder;
            });
            registry.audit(principal, "traced-encoder", name + " -> " + module, encoder.digest());
            return Answer.json(200, describe(name, encoder));
        });
    }

    private TracedEncoder find(String name) {
        TracedEncoder encoder = encoders.get(name);
        if (encoder == null) {
            throw ProblemException.notFound("there is no traced encoder " + name + "; there are: " + String.join(", ", encoders.keySet()));
        }
        return encoder;
    }

    private static Map<String, Object> describe(String name, TracedEncoder encoder) {
        Map<String, Object> members = new LinkedHashMap<>();
        members.put("name", name);
        members.put("module", encoder.isReplaced() ? REPLACEMENT : ORIGINAL);
        members.put("sha256", encoder.digest());
        members.put("replaceable", encoder.hasReplacement());
        return members;
    }
}
