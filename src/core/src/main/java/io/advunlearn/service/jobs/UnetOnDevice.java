package io.advunlearn.service.jobs;

import ai.djl.ndarray.NDManager;
import io.advunlearn.model.UNet2DConditionConfig;
import io.advunlearn.model.UNet2DConditionModel;
import io.advunlearn.pipeline.PipelineComponents;
import java.nio.file.Path;

/**
 * A UNet loaded apart from serving, for an evaluation.
 *
 * @param owner closed with it
 */
public record UnetOnDevice(UNet2DConditionModel model, NDManager owner) implements AutoCloseable {

    /**
     * @param folder a UNet2DConditionModel folder
     * @throws IllegalArgumentException if it does not fit the pipeline
     */
    public static UnetOnDevice load(Path folder, PipelineComponents components) {
        if (!UNet2DConditionConfig.read(folder.resolve("config.json")).equals(components.unet().config())) {
            throw new IllegalArgumentException(folder + ": config.json describes another architecture than this pipeline's UNet");
        }
        NDManager manager = NDManager.newBaseManager(components.device(), "PyTorch");
        try {
            return new UnetOnDevice(UNet2DConditionModel.load(folder, manager, components.device()), manager);
        } catch (RuntimeException e) {
            manager.close();
            throw e;
        }
    }

    @Override
    public void close() {
        owner.close();
    }
}
