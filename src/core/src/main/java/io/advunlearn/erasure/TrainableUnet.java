package io.advunlearn.erasure;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.advunlearn.model.UNet2DConditionModel;
import io.advunlearn.pipeline.PipelineComponents;
import java.nio.file.Path;
import java.util.Map;

/** A private copy of the UNet in which chosen parameters are trained; the text encoder is the frozen base encoder. */
final class TrainableUnet implements Student {

    private final PipelineComponents components;
    private final TrainableWeights weights;
    private final Networks training;
    private final Networks attacked;
    private final UNet2DConditionModel unet;

    /**
     * @param trainMethod out of {@link UnetParameters#METHODS}
     * @param manager owns the copies
     * @throws IllegalArgumentException if the UNet has no such parameters
     */
    TrainableUnet(PipelineComponents components, String trainMethod, NDManager manager) {
        this.components = components;
        UNet2DConditionModel base = components.unet();
        weights = TrainableWeights.of(base.weights(), UnetParameters.of(trainMethod, base.config()), manager);
        if (weights.trained().isEmpty()) {
            throw new IllegalArgumentException("settings: trainMethod " + trainMethod + " chooses layers that this UNet does not have");
        }
        training = new Networks(components.baseEncoder(), new UNet2DConditionModel(base.config(), weights.training(), manager)::forward);
        unet = new UNet2DConditionModel(base.config(), weights.attacked(), manager);
        attacked = new Networks(components.baseEncoder(), unet::forward);
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
        throw new UnsupportedOperationException();
    }

    @Override
    public UNet2DConditionModel unet() {
        return unet;
    }

    @Override
    public Path write(Path workDirectory) {
        Path folder = workDirectory.resolve("unet");
        ModuleWriter.write(folder, components.configs().unet(), "diffusion_pytorch_model.safetensors",
                weights.attacked().asMap());
        return folder;
    }
}
