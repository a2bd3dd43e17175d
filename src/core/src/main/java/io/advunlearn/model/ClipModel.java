package io.advunlearn.model;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.advunlearn.tensor.Aten;
import io.advunlearn.tensor.Autograd;
import io.advunlearn.tensor.Safetensors;
import io.advunlearn.tensor.Scope;
import io.advunlearn.tensor.Tensors;
import io.advunlearn.tensor.Weights;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.function.Function;

/** CLIPModel of transformers (Radford et al. 2021): images and texts as unit vectors of one space. */
public final class ClipModel implements AutoCloseable {

    private static final int DEFAULT_PROJECTION = 512;

    private final NDManager manager;
    private final ClipTokenizer tokenizer;
    private final ImageProcessor processor;
    private final ClipTextModel text;
    private final ClipVisionModel vision;
    private final NDArray textProjection;
    private final NDArray visualProjection;
    private final double logitScale;

    private ClipModel(Path directory, NDManager manager, Device device, ClipTokenizer tokenizer) {
        this.manager = manager;
        this.tokenizer = tokenizer;
        processor = ImageProcessor.clip(directory.resolve("preprocessor_config.json"));
        ConfigFile config = ConfigFile.read(directory.resolve("config.json"));
        config.accept("model_type", "clip");
        ClipTextConfig textConfig = ClipTextConfig.of(config.section("text_config").orElseThrow(() -> config.refuse("text_config", "missing", "an object")));
        ClipVisionConfig visionConfig = ClipVisionConfig
                .of(config.section("vision_config").orElseThrow(() -> config.refuse("vision_config", "missing", "an object")));
        if (processor.height() != visionConfig.imageSize()) {
            throw config.refuse("vision_config.image_size", visionConfig.imageSize(), "the preprocessor's crop_size " + processor.height());
        }
        int projection = config.integer("projection_dim", DEFAULT_PROJECTION, 1);
        try (Safetensors file = Safetensors.open(directory.resolve("model.safetensors"))) {
            Weights weights = Weights.load(file, manager, device);
            text = new ClipTextModel(textConfig, weights);
            vision = new ClipVisionModel(visionConfig, weights);
            textProjection = weights.get("text_projection.weight", projection, textConfig.hiddenSize());
            visualProjection = weights.get("visual_projection.weight", projection, visionConfig.hiddenSize());
            logitScale = Math.exp(Tensors.number(weights.get("logit_scale")));
        }
    }

    /**
     * Reads {@code config.json}, {@code model.safetensors}, {@code preprocessor_config.json} and the tokenizer's files.
     *
     * @throws IllegalArgumentException naming the file and what is wrong with it
     */
    public static ClipModel load(Path directory, Device device) {
        if (!Files.isRegularFile(directory.resolve("model.safetensors"))) {
            throw new IllegalArgumentException(directory + ": has no model.safetensors; other formats of weights are not read");
        }
        ClipTokenizer tokenizer = ClipTokenizer.load(directory);
        NDManager manager = NDManager.newBaseManager(device, "PyTorch");
        try {
            return new ClipModel(directory, manager, manager.getDevice(), tokenizer);
        } catch (RuntimeException e) {
            manager.close();
            tokenizer.close();
            throw e;
        }
    }

    /** From an 8-bit picture to the vision model's input. */
    public ImageProcessor processor() {
        return processor;
    }

    public ClipVisionModel vision() {
        return vision;
    }

    /** What cosines are multiplied by before a softmax. */
    public double logitScale() {
        return logitScale;
    }

    /** The unit vector of a picture. @param rgb {@code height * width * 3} bytes */
    public float[] imageEmbed(byte[] rgb, int width, int height) {
        return embed(scratch -> {
            NDArray pixels = Tensors.of(scratch, processor.process(rgb, width, height), new Shape(1, 3, processor.height(), processor.width()));
            return Aten.linear(vision.forward(pixels).pooled(), visualProjection, null);
        });
    }

    /** The unit vector of a text; one that is too long is cut. */
    public float[] textEmbed(String prompt) {
        long[] ids = Arrays.stream(tokenizer.encode(prompt).ids()).asLongStream().toArray();
        return embed(scratch -> Aten.linear(text.forward(Tensors.of(scratch, ids, new Shape(1, ids.length))).pooled(), textProjection, null));
    }

    private float[] embed(Function<NDManager, NDArray> network) {
        return Autograd.noGrad(() -> {
            try (NDManager scratch = manager.newSubManager(); Scope scope = new Scope()) {
                return unit(Tensors.floats(network.apply(scratch)));
            }
        });
    }

    private static float[] unit(float[] vector) {
        double length = Math.sqrt(cosine(vector, vector));
        float[] unit = new float[vector.length];
        for (int i = 0; i < unit.length; i++) {
            unit[i] = (float) (vector[i] / length);
        }
        return unit;
    }

    /** The cosine of two unit vectors. */
    public static double cosine(float[] a, float[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += (double) a[i] * b[i];
        }
        return sum;
    }

    @Override
    public void close() {
        manager.close();
        tokenizer.close();
    }
}
