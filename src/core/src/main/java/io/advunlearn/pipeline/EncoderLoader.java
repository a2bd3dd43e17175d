package io.advunlearn.pipeline;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.advunlearn.model.ClipTextConfig;
import io.advunlearn.model.ClipTextModel;
import io.advunlearn.tensor.Safetensors;
import io.advunlearn.tensor.Tensors;
import io.advunlearn.tensor.Weights;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;

/** Loads text encoders. Their reference output is the last hidden state [hidden] at the prompt's EOS position. */
public final class EncoderLoader extends ComponentLoader<ClipTextModel> {

    private final ClipTextConfig architecture;
    private final Function<String, int[]> tokenizer;

    /**
     * @param architecture of the pipeline's base encoder
     * @param tokenizer a prompt's ids, padded to the encoder's window
     * @param device where encoders are loaded, in fp32
     * @param lane the device's queue
     */
    public EncoderLoader(ClipTextConfig architecture, Function<String, int[]> tokenizer, Device device, DeviceLane lane) {
        this(architecture, tokenizer, () -> NDManager.newBaseManager(device), lane, DataType.FLOAT32);
    }

    /** @param managers a manager of its own for every encoder; @param type what encoders compute in */
    EncoderLoader(ClipTextConfig architecture, Function<String, int[]> tokenizer, Supplier<NDManager> managers, DeviceLane lane, DataType type) {
        super("encoder", "model.safetensors", managers, lane, type);
        this.architecture = architecture;
        this.tokenizer = tokenizer;
    }

    public static EncoderLoader of(PipelineComponents components) {
        return new EncoderLoader(components.baseEncoder().config(), prompt -> components.tokenizer().encode(prompt).ids(),
                () -> NDManager.newBaseManager(components.textEncoderDevice()), components.lane(), components.baseEncoder().weights().dataType());
    }

    @Override
    Map<String, long[]> tensors() {
        return EncoderLayout.tensors(architecture);
    }

    @Override
    void checkArchitecture(Path configJson) {
        EncoderLayout.checkArchitecture(architecture, ClipTextConfig.read(configJson));
    }

    @Override
    void checkTensors(Safetensors file) {
        EncoderLayout.check(file, architecture);
    }

    @Override
    ClipTextModel network(Weights weights, NDManager manager) {
        return new ClipTextModel(architecture, weights);
    }

    @Override
    Weights weights(ClipTextModel network) {
        return network.weights();
    }

    @Override
    float[] output(ClipTextModel network, String prompt, NDManager scratch) {
        long[] ids = Arrays.stream(tokenizer.apply(prompt)).asLongStream().toArray();
        return Tensors.floats(network.forward(Tensors.of(scratch, ids, new Shape(1, ids.length))).pooled());
    }
}
