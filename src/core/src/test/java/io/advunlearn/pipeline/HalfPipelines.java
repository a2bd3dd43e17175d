package io.advunlearn.pipeline;

import ai.djl.Device;
import io.advunlearn.checkpoint.CheckpointOptions;
import io.advunlearn.checkpoint.Dtype;
import java.nio.file.Path;

/** Pipelines in half precision on any device, which {@link TextToImagePipeline} refuses on processors. */
public final class HalfPipelines {

    private HalfPipelines() {
    }

    public static TextToImagePipeline load(Path model, CheckpointOptions options, Device device) {
        return TextToImagePipeline.load("half", model, options.with(Dtype.FLOAT16), device, ErasureFloor.NONE, false, !device.isGpu());
    }
}
