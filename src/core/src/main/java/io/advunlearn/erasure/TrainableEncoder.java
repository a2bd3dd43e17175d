package io.advunlearn.erasure;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.advunlearn.model.ClipTextConfig;
import io.advunlearn.model.ClipTextModel;
import io.advunlearn.model.UNet2DConditionModel;
import io.advunlearn.pipeline.PipelineComponents;
import java.nio.file.Path;
import java.util.Map;

/** A private copy of a text encoder in which chosen layers are trained. Token and position embeddings are never trained. */
final class TrainableEncoder implements Student {

    private final PipelineComponents components;
    private final TrainableWeights weights;
    private final Networks training;
    private final Networks attacked;

    /**
     * @param start the text encoder that training starts from
     * @param selection which tensors are trained
     * @param denoiser the pipeline's UNet
     * @param manager owns the copies
     * @throws IllegalArgumentException if the selection names a layer that there is not
     */
    TrainableEncoder(PipelineComponents components, ClipTextModel start, TrainedWeights selection, Denoiser denoiser,
            NDManager manager) {
        this(components, start.config(), denoiser, copies(start, selection, manager));
    }

    private TrainableEncoder(PipelineComponents components, ClipTextConfig config, Denoiser denoiser, TrainableWeights weights) {
        this.components = components;
        this.weights = weights;
        training = new Networks(new ClipTextModel(config, weights.training()), denoiser);
        attacked = new Networks(new ClipTextModel(config, weights.attacked()), denoiser);
    }

    private static TrainableWeights copies(ClipTextModel start, TrainedWeights selection, NDManager manager) {
        selection.check(start.config());
        return TrainableWeights.of(start.weights(), selection::contains, manager);
    }

    @Override
    public Networks training() {
        return training;
    }

    @Override
    public Networks attacked() {
        return attacked;
    }

    @Override
    public Map<String, NDArray> trained() {
        return weights.trained();
    }

    @Override
    public Student beside(NDManager manager) {
        return new TrainableEncoder(components, training.encoder().config(), training.denoiser(), weights.beside(manager));
    }

    @Override
    public UNet2DConditionModel unet() {
        return components.unet();
    }

    @Override
    public Path write(Path workDirectory) {
        Path folder = workDirectory.resolve("encoder");
        ModuleWriter.write(folder, components.configs().textEncoder(), "model.safetensors",
                weights.attacked().asMap());
        return folder;
    }
}
