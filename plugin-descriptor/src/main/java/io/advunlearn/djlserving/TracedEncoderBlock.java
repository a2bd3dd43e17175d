package io.advunlearn.djlserving;

import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.AbstractBlock;
import ai.djl.training.ParameterStore;
import ai.djl.util.PairList;

/** What a traced text encoder's DJL model runs: whichever module is active. */
final class TracedEncoderBlock extends AbstractBlock {

    private final TracedEncoder encoder;

    TracedEncoderBlock(TracedEncoder encoder) {
        this.encoder = encoder;
    }

    @Override
    protected NDList forwardInternal(ParameterStore parameters, NDList inputs, boolean training, PairList<String, Object> options) {
        return encoder.forward(inputs);
    }

    /** Traced modules do not say. */
    @Override
    public Shape[] getOutputShapes(Shape[] inputs) {
        throw new UnsupportedOperationException("a traced module does not tell its shapes");
    }
}
