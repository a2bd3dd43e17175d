package io.advunlearn.registry;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;

/**
 * A CLIPTextModel folder small enough for any test (2 layers, width 8 unless told otherwise), written by hand: tests of the
 * reader must not depend on our own writer.
 */
public final class TinyEncoder {

    public static final int VOCAB = 20;
    public static final int WINDOW = 8;
    public static final int EOS = 19;
    private static final int HIDDEN = 8;
    private static final int LAYERS = 2;

    /** One tensor of the file; mutable, so that a test can spoil it. */
    public static final class Tensor {
        public String dtype = "F32";
        public long[] shape;
        public float[] values;

        Tensor(long[] shape, float[] values) {
            this.shape = shape;
            this.values = values;
        }
    }

    public final Map<String, Tensor> tensors = new LinkedHashMap<>();
    public String config;

    /** Random weights. */
    public TinyEncoder(long seed) {
        this(seed, HIDDEN);
    }

    /** Random weights of another width: about {@code 100 * hidden * hidden} bytes. */
    public TinyEncoder(long seed, int hidden) {
        Random random = new Random(seed);
        config = configJson(hidden, "quick_gelu");
        add(random, "text_model.embeddings.token_embedding.weight", VOCAB, hidden);
        add(random, "text_model.embeddings.position_embedding.weight", WINDOW, hidden);
        for (int layer = 0; layer < LAYERS; layer++) {
            String path = "text_model.encoder.layers." + layer;
            for (String projection : List.of("k_proj", "v_proj", "q_proj", "out_proj")) {
                linear(random, path + ".self_attn." + projection, hidden, hidden);
            }
            norm(random, path + ".layer_norm1", hidden);
            linear(random, path + ".mlp.fc1", 2 * hidden, hidden);
            linear(random, path + ".mlp.fc2", hidden, 2 * hidden);
            norm(random, path + ".layer_norm2", hidden);
        }
        norm(random, "text_model.final_layer_norm", hidden);
    }

    public static String configJson(int hidden, String activation) {
        return """
                {"architectures": ["CLIPTextModel"], "model_type": "clip_text_model", "vocab_size": %d, "hidden_size": %d,
                 "intermediate_size": %d, "num_hidden_layers": %d, "num_attention_heads": 2, "max_position_embeddings": %d,
                 "hidden_act": "%s", "layer_norm_eps": 1e-05, "bos_token_id": 18, "eos_token_id": %d, "projection_dim": 8}
                """.formatted(VOCAB, hidden, 2 * hidden, LAYERS, WINDOW, activation, EOS);
    }

    private void linear(Random random, String path, int out, int in) {
        add(random, path + ".weight", out, in);
        add(random, path + ".bias", out);
    }

    private void norm(Random random, String path, int hidden) {
        add(random, path + ".weight", hidden);
        add(random, path + ".bias", hidden);
    }

    private void add(Random random, String name, long... shape) {
        float[] values = new float[(int) Arrays.stream(shape).reduce(1, (a, b) -> a * b)];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextGaussian() * 0.5f;
        }
        tensors.put(name, new Tensor(shape, values));
    }

    /** As SDXL's second encoder: a CLIPTextModelWithProjection, whose configuration says so. */
    public TinyEncoder withProjection() {
        config = config.replace("CLIPTextModel", "CLIPTextModelWithProjection");
        add(new Random(7), "text_projection.weight", HIDDEN, HIDDEN);
        return this;
    }

    /** Writes {@code config.json} and every other tensor into another shard, with an index. @param ending of the variant, for example {@code .fp16} */
    public Path writeShards(Path folder, String ending) {
        List<TinyEncoder> shards = List.of(new TinyEncoder(0), new TinyEncoder(0));
        shards.forEach(shard -> shard.tensors.clear());
        List<String> index = new ArrayList<>();
        tensors.forEach((name, tensor) -> {
            int shard = index.size() % 2;
            shards.get(shard).tensors.put(name, tensor);
            index.add("\"%s\": \"model%s-0000%d-of-00002.safetensors\"".formatted(name, ending, shard + 1));
        });
        try {
            Files.createDirectories(folder);
            Files.writeString(folder.resolve("config.json"), config);
            for (int shard = 0; shard < 2; shard++) {
                Files.write(folder.resolve("model%s-0000%d-of-00002.safetensors".formatted(ending, shard + 1)), shards.get(shard).bytes());
            }
            Files.writeString(folder.resolve("model.safetensors.index" + ending + ".json"), "{\"weight_map\": {" + String.join(", ", index) + "}}");
            return folder;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public TinyEncoder with(Consumer<TinyEncoder> change) {
        change.accept(this);
        return this;
    }

    public TinyEncoder dtype(String dtype) {
        tensors.values().forEach(tensor -> tensor.dtype = dtype);
        return this;
    }

    /** Writes {@code config.json} and {@code model.safetensors}. @return the folder */
    public Path write(Path folder) {
        try {
            Files.createDirectories(folder);
            Files.writeString(folder.resolve("config.json"), config);
            Files.write(folder.resolve("model.safetensors"), bytes());
            return folder;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The safetensors file: 8 bytes of header length, a JSON header, the data. */
    public byte[] bytes() {
        ByteArrayOutputStream data = new ByteArrayOutputStream();
        List<String> entries = new ArrayList<>();
        tensors.forEach((name, tensor) -> {
            int begin = data.size();
            data.writeBytes(encode(tensor));
            entries.add("\"%s\":{\"dtype\":\"%s\",\"shape\":%s,\"data_offsets\":[%d,%d]}".formatted(name, tensor.dtype,
                    Arrays.toString(tensor.shape).replace(" ", ""), begin, data.size()));
        });
        StringBuilder header = new StringBuilder("{" + String.join(",", entries) + "}");
        while (header.length() % 8 != 0) {
            header.append(' ');
        }
        byte[] json = header.toString().getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(8 + json.length + data.size()).order(ByteOrder.LITTLE_ENDIAN).putLong(json.length).put(json)
                .put(data.toByteArray()).array();
    }

    private static byte[] encode(Tensor tensor) {
        int width = switch (tensor.dtype) {
            case "F64", "I64" -> 8;
            case "F16", "BF16" -> 2;
            default -> 4;
        };
        ByteBuffer buffer = ByteBuffer.allocate(width * tensor.values.length).order(ByteOrder.LITTLE_ENDIAN);
        for (float value : tensor.values) {
            switch (tensor.dtype) {
                case "F64" -> buffer.putDouble(value);
                case "I64" -> buffer.putLong((long) value);
                case "BF16" -> buffer.putShort((short) (Float.floatToRawIntBits(value) >>> 16));
                case "F16" -> buffer.putShort(half(value));
                default -> buffer.putFloat(value);
            }
        }
        return buffer.array();
    }

    /** IEEE 754 binary16 towards zero; values of these tests are normal numbers. */
    private static short half(float value) {
        int bits = Float.floatToRawIntBits(value);
        int exponent = ((bits >>> 23) & 0xff) - 112;
        if (exponent <= 0) {
            return 0;
        }
        return (short) ((bits >>> 16 & 0x8000) | exponent << 10 | (bits >>> 13 & 0x3ff));
    }
}
