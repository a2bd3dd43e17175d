package io.advunlearn.benchmarks;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.advunlearn.model.AutoencoderKL;
import io.advunlearn.model.AutoencoderKLConfig;
import io.advunlearn.model.ClipTextConfig;
import io.advunlearn.model.UNet2DConditionConfig;
import io.advunlearn.model.UNet2DConditionModel;
import io.advunlearn.pipeline.EncoderLayout;
import io.advunlearn.tensor.Noise;
import io.advunlearn.tensor.Safetensors;
import io.advunlearn.tensor.Weights;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;

/** A complete folder of diffusers with the published configuration of a family and random weights: what size and speed are measured on. */
final class RandomCheckpoint {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String TEXT_ENCODER = "text_encoder";
    /** CLIP's initializer_range, as a standard deviation. */
    private static final double EMBEDDING_DEVIATION = 0.02;

    private final String family;
    private final Path folder;
    private final Noise noise;
    private final boolean half;

    /**
     * @param family {@code sd15}
     * @param folder where it is written
     * @param half whether weights are stored as F16
     */
    RandomCheckpoint(String family, Path folder, long seed, boolean half) {
        this.family = family;
        this.folder = folder;
        this.half = half;
        noise = new Noise(seed);
    }

    /**
     * @param pixels side of the images it draws by itself
     * @param tokenizer the folder of a CLIP tokenizer
     */
    void write(int pixels, Path tokenizer) throws IOException {
        for (String file : new String[] {"model_index.json", "scheduler/scheduler_config.json", "text_encoder/config.json", "unet/config.json", "vae/config.json"}) {
            ObjectNode config = published(file);
            if (file.startsWith("unet/")) {
                config.put("sample_size", pixels / 8);
            }
            Files.createDirectories(folder.resolve(file).getParent());
            JSON.writerWithDefaultPrettyPrinter().writeValue(folder.resolve(file).toFile(), config);
        }
        copy(tokenizer, Files.createDirectories(folder.resolve("tokenizer")));
        try (NDManager manager = NDManager.newBaseManager(Device.cpu(), "PyTorch")) {
            write(TEXT_ENCODER, "model", EncoderLayout.tensors(ClipTextConfig.read(config(TEXT_ENCODER))));
            UNet2DConditionConfig unet = UNet2DConditionConfig.read(config("unet"));
            write("unet", UNet2DConditionModel.WEIGHTS, Weights.shapes(manager, weights -> new UNet2DConditionModel(unet, weights, manager)));
            AutoencoderKLConfig vae = AutoencoderKLConfig.read(config("vae"));
            write("vae", UNet2DConditionModel.WEIGHTS, Weights.shapes(manager, weights -> new AutoencoderKL(vae, weights)));
        }
    }

    private Path config(String part) {
        return folder.resolve(part).resolve("config.json");
    }

    private ObjectNode published(String file) throws IOException {
        try (InputStream in = RandomCheckpoint.class.getResourceAsStream(family + "/" + file)) {
            return (ObjectNode) JSON.readTree(in);
        }
    }

    private static void copy(Path from, Path to) throws IOException {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(from)) {
            for (Path file : files) {
                Files.copy(file, to.resolve(file.getFileName()));
            }
        }
    }

    private void write(String part, String name, Map<String, long[]> shapes) {
        Path file = folder.resolve(part).resolve(name + ".safetensors");
        Safetensors.write(file, shapes, tensor -> values(part, tensor, shapes), half, Map.of("format", "pt"));
        System.out.printf("%s: %,d parameters%n", file, shapes.values().stream().mapToLong(RandomCheckpoint::size).sum());
    }

    /** As PyTorch initialises its layers, uniform within 1 / sqrt(fan-in): activations neither grow nor vanish on the way through a network. */
    private float[] values(String part, String tensor, Map<String, long[]> shapes) {
        long[] shape = shapes.get(tensor);
        float[] values = new float[Math.toIntExact(size(shape))];
        long[] weight = shapes.get(tensor.replaceAll("bias$", "weight"));
        boolean norm = weight.length == 1;
        if (norm) {
            Arrays.fill(values, tensor.endsWith("weight") ? 1 : 0);
            return values;
        }
        boolean embedding = tensor.contains(".embeddings.");
        double bound = embedding ? EMBEDDING_DEVIATION * Math.sqrt(3) : 1 / Math.sqrt((double) size(weight) / weight[0]);
        Noise stream = noise.fork(part + "/" + tensor);
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) (bound * (2 * stream.nextDouble() - 1));
        }
        return values;
    }

    private static long size(long[] shape) {
        return Arrays.stream(shape).reduce(1, Math::multiplyExact);
    }
}
