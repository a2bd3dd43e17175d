package io.advunlearn.erasure;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.advunlearn.model.ClipTextModel;
import io.advunlearn.model.UNet2DConditionModel;
import io.advunlearn.pipeline.PipelineComponents;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The module that an erasure trains: a private copy of the pipeline's text encoder or of its UNet, beside the other module as it is.
 * Trained tensors are changed in place between steps; serving never sees them.
 */
interface Student {

    /** The two networks that turn a prompt into a prediction; one of them is trained. */
    record Networks(ClipTextModel encoder, Denoiser denoiser) {
    }

    /**
     * @param start the text encoder that training starts from
     * @throws IllegalArgumentException naming the setting that does not fit the model
     */
    static Student of(PipelineComponents components, ClipTextModel start, ErasureSettings settings, NDManager manager) {
        if (settings.trainsUnet() && start != components.baseEncoder()) {
            throw new IllegalArgumentException("from must be base when module is unet: only text encoders are stacked");
        }
        return settings.trainsUnet() ? new TrainableUnet(components, settings.trainMethod(), manager)
                : new TrainableEncoder(components, start, TrainedWeights.of(settings), Denoiser.of(components.unet(), settings.checkpointing()), manager);
    }

    /** Whether both parts of an outer step are computed at once, each on {@linkplain #beside its own} gradients. */
    static boolean trainsBothParts(PipelineComponents components, ErasureSettings settings) {
        return !settings.trainsUnet() && components.lane().partsAtOnce() > 1;
    }

    /** Trained tensors by state-dict name. */
    Map<String, NDArray> trained();

    default List<NDArray> parameters() {
        return new ArrayList<>(trained().values());
    }

    /** How many numbers are trained. */
    default long parameterCount() {
        return trained().values().stream().mapToLong(NDArray::size).sum();
    }

    /** The networks whose trained weights collect gradients. */
    Networks training();

    /** The same networks, current weights, no weight gradients. */
    Networks attacked();

    /**
     * The same module, which changes with this one, with gradients of its own: another thread can go back through it at the same time.
     *
     * @param manager owns its leaves
     * @throws UnsupportedOperationException for a UNet, of which every convolution would be prepared once more
     */
    Student beside(NDManager manager);

    /** The UNet of {@link #attacked}, which rolls latents out. */
    UNet2DConditionModel unet();

    /** Writes the trained module as diffusers and transformers read it; returns its folder. */
    Path write(Path workDirectory);
}
