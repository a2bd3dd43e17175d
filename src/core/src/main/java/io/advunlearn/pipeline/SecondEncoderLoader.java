package io.advunlearn.pipeline;

import ai.djl.ndarray.NDManager;
import io.advunlearn.model.ClipTextModelWithProjection;
import io.advunlearn.model.ClipTextProjectionConfig;
import io.advunlearn.tensor.Safetensors;
import io.advunlearn.tensor.Tensors;
import io.advunlearn.tensor.Weights;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/** Loads SDXL's second text encoders. Their reference output is the projected text [projection]. */
public final class SecondEncoderLoader extends ComponentLoader<ClipTextModelWithProjection> {

    private final SecondEncoder base;

    /** @param managers a manager of its own for every encoder */
    SecondEncoderLoader(SecondEncoder base, Supplier<NDManager> managers, DeviceLane lane) {
        super("second encoder", "model.safetensors", managers, lane, base.model().textModel().weights().dataType());
        this.base = base;
    }

    /** Empty for a pipeline with one text encoder. */
    public static Optional<SecondEncoderLoader> of(PipelineComponents components) {
        return Optional.ofNullable(components.secondEncoder())
                .map(second -> new SecondEncoderLoader(second, () -> NDManager.newBaseManager(components.textEncoderDevice()), components.lane()));
    }

    @Override
    Map<String, long[]> tensors() {
        return EncoderLayout.tensors(base.model().config());
    }

    @Override
    void checkArchitecture(Path configJson) {
        ClipTextProjectionConfig config = ClipTextProjectionConfig.read(configJson);
        EncoderLayout.checkArchitecture(base.model().config().text(), config.text());
        EncoderLayout.equal("projection_dim", base.model().config().projectionDim(), config.projectionDim());
    }

    @Override
    void checkTensors(Safetensors file) {
        EncoderLayout.check(file, base.model().config());
    }

    @Override
    ClipTextModelWithProjection network(Weights weights, NDManager manager) {
        return new ClipTextModelWithProjection(base.model().config(), weights);
    }

    @Override
    Weights weights(ClipTextModelWithProjection network) {
        return network.textModel().weights();
    }

    @Override
    float[] output(ClipTextModelWithProjection network, String prompt, NDManager scratch) {
        int[][] ids = {base.tokenizer().encode(prompt).ids()};
        return Tensors.floats(network.forward(Tensors.of(scratch, ids)).textEmbeds());
    }
}
