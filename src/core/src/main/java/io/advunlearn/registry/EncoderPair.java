package io.advunlearn.registry;

import io.advunlearn.pipeline.ComponentSnapshot;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The text encoders of a pipeline: a registered one's id each, or {@code base} for the one that came with the model.
 *
 * @param encoder the text encoder, a CLIPTextModel; in a change {@code null} leaves it as it is
 * @param textEncoder2 SDXL's second text encoder, a CLIPTextModelWithProjection; {@code null} where there is one encoder, in states older than
 *        this field, where it means {@code base}, and in a change, where it leaves it as it is
 */
public record EncoderPair(String encoder, String textEncoder2) {

    /** What a pipeline serves of which no state is known. */
    static final EncoderPair BASE = new EncoderPair(ComponentSnapshot.BASE_ID, null);

    /** The encoder of a pipeline that has one. */
    public static EncoderPair of(String encoder) {
        return new EncoderPair(encoder, null);
    }

    /** These, where they say something, and the others. */
    EncoderPair orElse(EncoderPair others) {
        return new EncoderPair(encoder == null ? others.encoder : encoder, textEncoder2 == null ? others.textEncoder2 : textEncoder2);
    }

    /** For pipelines with two encoders: with {@code base} for what is not said. */
    EncoderPair orBase() {
        return orElse(new EncoderPair(ComponentSnapshot.BASE_ID, ComponentSnapshot.BASE_ID));
    }

    /** As messages and the audit log name them. */
    @Override
    public String toString() {
        return Stream.of(encoder, textEncoder2 == null ? null : "text_encoder_2 " + textEncoder2).filter(name -> name != null)
                .collect(Collectors.joining(" with "));
    }
}
