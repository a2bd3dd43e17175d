package io.advunlearn.registry;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.time.Instant;
import java.util.List;

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

    /** The desired encoders. */
    public EncoderPair encoders() {
        return new EncoderPair(encoder, textEncoder2);
    }

    /** Those before, for rollback. */
    public EncoderPair previousEncoders() {
        return new EncoderPair(previous, previousTextEncoder2).orElse(EncoderPair.BASE);
    }
}
