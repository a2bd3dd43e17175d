package io.advunlearn.pipeline;

import io.advunlearn.model.ClipTextModel;

/** The plug of the text encoder. */
public final class EncoderSlot extends ComponentSlot<ClipTextModel> {

    /** Arguments as for {@link ComponentSlot}. */
    public EncoderSlot(String pipeline, EncoderLoader loader, ClipTextModel baseEncoder, String baseDigest, ErasureFloor floor,
            boolean enforce) {
        super(pipeline, loader, baseEncoder, baseDigest, floor, enforce);
    }
}
