package io.advunlearn.service.jobs;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import io.advunlearn.model.ClipTextConfig;
import io.advunlearn.model.ClipTextModel;
import io.advunlearn.tensor.Safetensors;
import io.advunlearn.tensor.Weights;
import java.nio.file.Path;

/** A text encoder loaded apart from serving, for an evaluation. */
public final class EncoderOnDevice implements AutoCloseable {

    private final ClipTextModel model;
    private final NDManager owner;

    private EncoderOnDevice(ClipTextModel model, NDManager owner) {
        this.model = model;
        this.owner = owner;
    }

    /** One that somebody else closes. */
    public static EncoderOnDevice shared(ClipTextModel model) {
        return new EncoderOnDevice(model, null);
    }

    /** @param folder a CLIPTextModel folder */
    public static EncoderOnDevice load(Path folder, Device device) {
        NDManager manager = NDManager.newBaseManager(device, "PyTorch");
        try (Safetensors file = Safetensors.open(folder.resolve("model.safetensors"))) {
            return new EncoderOnDevice(
                    new ClipTextModel(ClipTextConfig.read(folder.resolve("config.json")), Weights.load(file, manager, device)), manager);
        } catch (RuntimeException e) {
            manager.close();
            throw e;
        }
    }

    public ClipTextModel model() {
        return model;
    }

    @Override
    public void close() {
        if (owner != null) {
            owner.close();
        }
    }
}
