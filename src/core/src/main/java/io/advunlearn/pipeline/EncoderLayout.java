package io.advunlearn.pipeline;

import io.advunlearn.model.ClipTextConfig;
import io.advunlearn.model.ClipTextProjectionConfig;
import io.advunlearn.tensor.Safetensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

/** The tensors a CLIPTextModel or a CLIPTextModelWithProjection of a given configuration consists of, named as transformers' state dict names them. */
public final class EncoderLayout {

    /** Stored dtypes that widen to fp32 without loss. */
    public static final Set<String> DTYPES = Set.of("F32", "F16", "BF16");

    /** A buffer (0, 1, 2 ...) that transformers before 4.31 wrote into every file; it carries no weights. */
    private static final String POSITION_IDS = "text_model.embeddings.position_ids";

    /** The tensor that only a CLIPTextModelWithProjection has. */
    public static final String PROJECTION = "text_projection.weight";

    private EncoderLayout() {
    }

    /** Shapes by tensor name. */
    public static Map<String, long[]> tensors(ClipTextConfig config) {
        long hidden = config.hiddenSize();
        long inner = config.intermediateSize();
        Map<String, long[]> shapes = new LinkedHashMap<>();
        shapes.put("text_model.embeddings.token_embedding.weight", new long[] {config.vocabSize(), hidden});
        shapes.put("text_model.embeddings.position_embedding.weight", new long[] {config.maxPositionEmbeddings(), hidden});
        for (int layer = 0; layer < config.numHiddenLayers(); layer++) {
            String path = "text_model.encoder.layers." + layer + ".";
            for (String projection : List.of("q_proj", "k_proj", "v_proj", "out_proj")) {
                linear(shapes, path + "self_attn." + projection, hidden, hidden);
            }
            norm(shapes, path + "layer_norm1", hidden);
            linear(shapes, path + "mlp.fc1", inner, hidden);
            linear(shapes, path + "mlp.fc2", hidden, inner);
            norm(shapes, path + "layer_norm2", hidden);
        }
        norm(shapes, "text_model.final_layer_norm", hidden);
        return shapes;
    }

    /** As above, with the projection that only SDXL's second encoder has. */
    public static Map<String, long[]> tensors(ClipTextProjectionConfig config) {
        Map<String, long[]> shapes = tensors(config.text());
        shapes.put(PROJECTION, new long[] {config.projectionDim(), config.text().hiddenSize()});
        return shapes;
    }

    private static void linear(Map<String, long[]> shapes, String path, long out, long in) {
        shapes.put(path + ".weight", new long[] {out, in});
        shapes.put(path + ".bias", new long[] {out});
    }

    private static void norm(Map<String, long[]> shapes, String path, long size) {
        shapes.put(path + ".weight", new long[] {size});
        shapes.put(path + ".bias", new long[] {size});
    }

    /**
     * Checks that a file holds exactly the tensors of a configuration, in a supported dtype, every value finite.
     *
     * @throws IllegalArgumentException naming the tensor and what was expected
     */
    public static void check(Safetensors file, ClipTextConfig config) {
        check(file, tensors(config), "CLIPTextModel", positionIds(file, config.maxPositionEmbeddings()));
    }

    /** As above, for a CLIPTextModelWithProjection. */
    public static void check(Safetensors file, ClipTextProjectionConfig config) {
        check(file, tensors(config), "CLIPTextModelWithProjection", positionIds(file, config.text().maxPositionEmbeddings()));
    }

    /** Whether a tensor is that buffer. */
    private static Predicate<String> positionIds(Safetensors file, int positions) {
        return name -> name.equals(POSITION_IDS) && Arrays.equals(file.tensors().get(name).shape(), new long[] {1, positions});
    }

    /**
     * As the other form, for any network.
     *
     * @param expected shapes by name
     * @param network its class, for messages
     * @param ignored tensors by name that may be there and carry no weights
     */
    static void check(Safetensors file, Map<String, long[]> expected, String network, Predicate<String> ignored) {
        checkNames(file, expected, network, ignored);
        expected.forEach((name, shape) -> {
            Safetensors.Info info = file.tensors().get(name);
            if (!Arrays.equals(info.shape(), shape)) {
                throw new IllegalArgumentException("tensor " + name + " has shape " + Arrays.toString(info.shape())
                        + ", config.json asks for " + Arrays.toString(shape));
            }
            if (!DTYPES.contains(info.dtype())) {
                throw new IllegalArgumentException("tensor " + name + " has dtype " + info.dtype() + ", accepted are F32, F16 and BF16");
            }
            requireFinite(name, file.floats(name));
        });
    }

    private static void checkNames(Safetensors file, Map<String, long[]> expected, String network, Predicate<String> ignored) {
        List<String> missing = new ArrayList<>(expected.keySet());
        missing.removeAll(file.tensors().keySet());
        if (!missing.isEmpty()) {
            throw new IllegalArgumentException("tensors are missing: " + some(missing));
        }
        List<String> extra = new ArrayList<>(file.tensors().keySet());
        extra.removeAll(expected.keySet());
        extra.removeIf(ignored);
        if (!extra.isEmpty()) {
            throw new IllegalArgumentException("tensors that a " + network + " of this config.json does not have: " + some(extra));
        }
    }

    static void requireFinite(String name, float[] values) {
        for (int i = 0; i < values.length; i++) {
            if (!Float.isFinite(values[i])) {
                throw new IllegalArgumentException("tensor " + name + " holds " + values[i] + " at index " + i + ", every value must be finite");
            }
        }
    }

    private static String some(List<String> names) {
        String first = String.join(", ", names.subList(0, Math.min(3, names.size())));
        return names.size() <= 3 ? first : first + " and " + (names.size() - 3) + " more";
    }

    /**
     * Checks that an encoder fits the pipeline. The EOS id is left out: the pipeline's own tokenizer decides where the text
     * ends, and published checkpoints write a historic placeholder there.
     *
     * @throws IllegalArgumentException naming the field of config.json
     */
    public static void checkArchitecture(ClipTextConfig pipeline, ClipTextConfig encoder) {
        equal("vocab_size", pipeline.vocabSize(), encoder.vocabSize());
        equal("hidden_size", pipeline.hiddenSize(), encoder.hiddenSize());
        equal("intermediate_size", pipeline.intermediateSize(), encoder.intermediateSize());
        equal("num_hidden_layers", pipeline.numHiddenLayers(), encoder.numHiddenLayers());
        equal("num_attention_heads", pipeline.numAttentionHeads(), encoder.numAttentionHeads());
        equal("max_position_embeddings", pipeline.maxPositionEmbeddings(), encoder.maxPositionEmbeddings());
        equal("hidden_act", pipeline.hiddenAct(), encoder.hiddenAct());
        equal("layer_norm_eps", pipeline.layerNormEps(), encoder.layerNormEps());
    }

    static void equal(String field, Object pipeline, Object encoder) {
        if (!pipeline.equals(encoder)) {
            throw new IllegalArgumentException("config.json: " + field + " is " + encoder + ", this pipeline needs " + pipeline);
        }
    }
}
