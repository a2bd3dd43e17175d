package io.advunlearn.pipeline;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.advunlearn.model.UNet2DConditionConfig;
import io.advunlearn.model.UNet2DConditionModel;
import io.advunlearn.tensor.Noise;
import io.advunlearn.tensor.Safetensors;
import io.advunlearn.tensor.Tensors;
import io.advunlearn.tensor.Weights;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/**
 * Loads UNets of the architecture of the pipeline's own. Their reference output is the noise [C, h, w] that they predict in a fixed
 * latent, half-way through the schedule, for the prompt as the base encoder reads it.
 */
public final class UnetLoader extends ComponentLoader<UNet2DConditionModel> {

    private static final String WEIGHTS = UNet2DConditionModel.WEIGHTS + ".safetensors";

    private final PipelineComponents components;

    /** @param managers a manager of its own for every UNet */
    UnetLoader(PipelineComponents components, Supplier<NDManager> managers) {
        super("unet", WEIGHTS, managers, components.lane(), components.unet().weights().dataType());
        this.components = components;
    }

    public static UnetLoader of(PipelineComponents components) {
        return new UnetLoader(components, () -> NDManager.newBaseManager(components.device()));
    }

    /**
     * A folder outside a registry, trusted as it is now: its digests are taken here, so that only what is read later is checked.
     *
     * @param folder a UNet2DConditionModel folder
     * @param erasures concepts that were erased from it
     * @throws io.advunlearn.tensor.SafetensorsException if it holds no readable weights
     */
    public static ComponentSource source(String id, Path folder, List<String> erasures) {
        Map<String, String> tensors = new LinkedHashMap<>();
        try (Safetensors file = Safetensors.open(folder.resolve(WEIGHTS))) {
            file.tensors().keySet().forEach(name -> tensors.put(name, file.sha256(name)));
            return new ComponentSource(id, folder, file.digest(), erasures, tensors, null, null);
        }
    }

    @Override
    Map<String, long[]> tensors() {
        Map<String, long[]> shapes = new LinkedHashMap<>();
        components.unet().weights().asMap().forEach((name, tensor) -> shapes.put(name, tensor.getShape().getShape()));
        return shapes;
    }

    @Override
    void checkArchitecture(Path configJson) {
        if (!UNet2DConditionConfig.read(configJson).equals(components.unet().config())) {
            throw new IllegalArgumentException("config.json describes another architecture than this pipeline's UNet");
        }
    }

    @Override
    void checkTensors(Safetensors file) {
        EncoderLayout.check(file, tensors(), "UNet2DConditionModel", name -> false);
    }

    @Override
    UNet2DConditionModel network(Weights weights, NDManager manager) {
        return new UNet2DConditionModel(components.unet().config(), weights, manager);
    }

    @Override
    Weights weights(UNet2DConditionModel network) {
        return network.weights();
    }

    private Conditioning text(String prompt, NDManager scratch) {
        TextReader reader = new TextReader(components, TextReader.Encoders.base(components), components.imageSize(), new EmbeddingCache(scratch));
        return reader.read(scratch, reader.tokens(prompt));
    }

    @Override
    float[] output(UNet2DConditionModel network, String prompt, NDManager scratch) {
        Conditioning text = text(prompt, scratch);
        int size = components.unet().sampleSize();
        NDArray latent = new Noise(0).normal(scratch, new Shape(1, components.unet().inChannels(), size, size));
        NDArray time = Tensors.of(scratch, new float[] {components.scheduler().noiseSchedule().numTrainTimesteps() / 2}, new Shape(1));
        return Tensors.floats(network.forward(latent, time, network.context(text.hiddenStates()), text.added()));
    }
}
