package io.advunlearn.service.admin;

import io.advunlearn.pipeline.ComponentSlot;
import io.advunlearn.pipeline.ImageSize;
import io.advunlearn.pipeline.SwapRehearsal;
import io.advunlearn.pipeline.SwapResult;
import io.advunlearn.registry.EncoderPair;
import io.advunlearn.registry.EncoderRegistry;
import io.advunlearn.registry.PipelineState;
import io.advunlearn.service.access.Identity;
import io.advunlearn.service.json.Answer;
import io.advunlearn.service.json.JsonFields;
import io.advunlearn.service.serving.Pipelines;
import io.advunlearn.service.serving.ServedPipeline;
import java.io.InputStream;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Operations on pipelines and their text encoders. */
public final class PipelineOperations {

    private static final String DRY_RUN = "dry_run";

    private final Pipelines pipelines;
    private final EncoderRegistry registry;
    private final Promotion promotion;
    private final AdminLookup lookup;
    private final TextEncoderChecksums checksums;
    private final Identity caller;

    PipelineOperations(Pipelines pipelines, EncoderRegistry registry, Promotion promotion, AdminLookup lookup, Identity caller) {
        this.pipelines = pipelines;
        this.registry = registry;
        this.promotion = promotion;
        this.lookup = lookup;
        checksums = new TextEncoderChecksums(registry);
        this.caller = caller;
    }

    public Answer list() {
        return AdminAnswers.answer(() -> Answer.json(200, Map.of("pipelines", pipelines.all().stream().map(this::describe).toList())));
    }

    public Answer get(String name) {
        return AdminAnswers.answer(() -> Answer.json(200, describe(lookup.pipeline(name))));
    }

    /** What is active in this replica, and what the registry wants. */
    public Answer textEncoder(String name) {
        return AdminAnswers.answer(() -> {
            ServedPipeline pipeline = lookup.pipeline(name);
            Map<String, Object> members = new LinkedHashMap<>();
            List<ComponentSlot.Status> active = pipeline.pipeline().encoders();
            members.put("active", active.get(0));
            if (active.size() > 1) {
                members.put("active_text_encoder_2", active.get(1));
            }
            members.put("desired", registry.state(name).orElse(null));
            return Answer.json(200, members);
        });
    }

    /** Which replicas serve what the registry wants. */
    public Answer rollout(String name) {
        return AdminAnswers.answer(() -> Answer.json(200, Rollout.of(registry, lookup.pipeline(name).name())));
    }

    /** SHA-256 of every tensor of the active text encoders, read back from memory, beside what the manifest promises. */
    public Answer checksum(String name) {
        return AdminAnswers.answer(() -> Answer.json(200, checksums.of(lookup.pipeline(name))));
    }

    /**
     * Makes an encoder the desired and active one; where a pipeline has two, one or both, at one moment. With {@code dry_run} everything is done up to
     * the point where something would change.
     */
    public Answer swap(String name, InputStream body) {
        return AdminAnswers.answer(() -> {
            ServedPipeline pipeline = lookup.pipeline(name);
            JsonFields fields = lookup.body(body, "encoder", PipelineState.TEXT_ENCODER_2, Promotion.WEAKEN, Promotion.OVERRIDE, DRY_RUN);
            EncoderPair encoders = lookup.encoderFields(fields, pipeline);
            return fields.bool(DRY_RUN, false) ? rehearsed(promotion.rehearse(pipeline, encoders, fields))
                    : swapped(promotion.promote(pipeline, encoders, fields));
        });
    }

    /** Back to the encoder before, where a pipeline has two to the pair before. @param body may be null or empty */
    public Answer rollback(String name, InputStream body) {
        return AdminAnswers.answer(() -> {
            ServedPipeline pipeline = lookup.pipeline(name);
            JsonFields fields = lookup.optionalBody(body, Promotion.WEAKEN);
            return swapped(pipeline.rollback(caller.name(), promotion.weakens(fields)));
        });
    }

    static Answer swapped(SwapResult result) {
        Map<String, Object> members = members(result);
        if (result.textEncoder2() != null) {
            members.put(PipelineState.TEXT_ENCODER_2, members(result.textEncoder2()));
        }
        return Answer.json(200, members);
    }

    private static Answer rehearsed(SwapRehearsal rehearsal) {
        Map<String, Object> members = new LinkedHashMap<>();
        members.put("dryRun", true);
        members.putAll(members(rehearsal));
        if (rehearsal.textEncoder2() != null) {
            members.put(PipelineState.TEXT_ENCODER_2, members(rehearsal.textEncoder2()));
        }
        return Answer.json(200, members);
    }

    private static Map<String, Object> members(SwapRehearsal rehearsal) {
        Map<String, Object> members = new LinkedHashMap<>();
        members.put("encoder", rehearsal.encoder());
        members.put("digest", rehearsal.digest());
        members.put("generation", rehearsal.generation());
        members.put("previous", rehearsal.previous());
        members.put("loadMillis", rehearsal.loadMillis());
        members.put("verifyMillis", rehearsal.verifyMillis());
        members.put("stages", rehearsal.stages());
        return members;
    }

    private static Map<String, Object> members(SwapResult result) {
        Map<String, Object> members = new LinkedHashMap<>();
        members.put("encoder", result.encoder());
        members.put("digest", result.digest());
        members.put("generation", result.generation());
        members.put("previous", result.previous());
        members.put("loadMillis", result.loadMillis());
        members.put("verifyMillis", result.verifyMillis());
        members.put("flipMillis", result.flipMillis());
        members.put("drained", result.drained());
        result.drainMillis().ifPresent(millis -> members.put("drainMillis", millis));
        members.put("stages", result.stages());
        return members;
    }

    private Map<String, Object> describe(ServedPipeline pipeline) {
        Map<String, Object> members = new LinkedHashMap<>();
        members.put("name", pipeline.name());
        members.put("ready", pipeline.notReady().isEmpty());
        pipeline.notReady().ifPresent(reason -> members.put("notReady", reason));
        members.put("device", pipeline.settings().device());
        members.put("size", pipeline.imageSize().map(ImageSize::toString).orElse(null));
        members.put("requiredErasures", pipeline.settings().requiredErasures());
        members.put("enforce", pipeline.settings().enforce());
        members.put("desired", registry.state(pipeline.name()).orElse(null));
        return members;
    }
}
