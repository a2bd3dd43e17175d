package io.advunlearn.registry;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;

/**
 * {@code pipelines/<name>/<generation>.json}: which text encoders a pipeline wants. The highest generation wins.
 *
 * @param pipeline the pipeline's name
 * @param generation 1, 2, 3 ... without gaps
 * @param encoder id of the desired encoder, {@code base} for the one that came with the model
 * @param textEncoder2 id of the desired second text encoder (SDXL); left out where there is one encoder and by older versions
 * @param previous id of the encoder before, for rollback; {@code base} at first
 * @param previousTextEncoder2 id of the second text encoder before, for rollback; left out as {@code textEncoder2} is
 * @param weakened whether an administrator activated these encoders although they are below the floor
 * @param requiredErasures the floor: concepts that every active encoder's lineage must have erased
 * @param changedBy principal
 * @param changedAt when
 */
public record PipelineState(String pipeline, long generation, String encoder,
        @JsonProperty(TEXT_ENCODER_2) @JsonInclude(JsonInclude.Include.NON_NULL) String textEncoder2, String previous,
        @JsonProperty(PREVIOUS_TEXT_ENCODER_2) @JsonInclude(JsonInclude.Include.NON_NULL) String previousTextEncoder2, boolean weakened,
        List<String> requiredErasures, String changedBy, Instant changedAt) {

    /** SDXL's second text encoder, as diffusers names it. */
    public static final String TEXT_ENCODER_2 = "text_encoder_2";
    static final String PREVIOUS_TEXT_ENCODER_2 = "previous_text_encoder_2";

    /**
     * Reads a state as a store keeps it.
     *
     * @param json a state's JSON
     * @param pipeline whose it must be
     * @param generation that it must have
     * @throws RegistryException if it is not that
     */
    public static PipelineState read(byte[] json, String pipeline, long generation) {
        String what = "generation " + generation + " of pipeline '" + pipeline + "'";
        PipelineState state = RegistryJson.read(json, PipelineState.class, what, TEXT_ENCODER_2, PREVIOUS_TEXT_ENCODER_2);
        boolean valid = pipeline.equals(state.pipeline()) && state.generation() == generation && RegistryNames.isId(state.encoder())
                && Stream.of(state.textEncoder2(), state.previous(), state.previousTextEncoder2()).allMatch(id -> id == null || RegistryNames.isId(id))
                && state.requiredErasures() != null
                && state.requiredErasures().stream().noneMatch(concept -> concept == null || concept.isBlank()) && state.changedAt() != null;
        if (!valid) {
            throw new RegistryException(what + " is not a pipeline state: its pipeline, generation, encoders or requiredErasures are wrong");
        }
        return state;
    }

    /** As {@link #read} reads it, in lines for people. */
    public byte[] json() {
        return RegistryJson.pretty(this);
    }

    /** The desired encoders. */
    public EncoderPair encoders() {
        return new EncoderPair(encoder, textEncoder2);
    }

    /** Those before, for rollback. */
    public EncoderPair previousEncoders() {
        return new EncoderPair(previous, previousTextEncoder2).orElse(EncoderPair.BASE);
    }
}
