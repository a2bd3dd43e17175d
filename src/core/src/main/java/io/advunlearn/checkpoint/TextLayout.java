package io.advunlearn.checkpoint;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.advunlearn.tensor.TensorViews.View;
import java.util.LinkedHashMap;
import java.util.Map;

/** A text encoder in a single file: as transformers names it below a prefix, or as OpenCLIP does. */
final class TextLayout {

    private static final int HEAD_SIZE = 64;
    private static final String[] PACKED = {"q_proj", "k_proj", "v_proj"};
    private static final Map<String, String> OPEN_ENDS = Map.of("token_embedding.weight", "text_model.embeddings.token_embedding.weight",
            "positional_embedding", "text_model.embeddings.position_embedding.weight", "ln_final.weight", "text_model.final_layer_norm.weight",
            "ln_final.bias", "text_model.final_layer_norm.bias");
    private static final Map<String, String> OPEN_LAYER = Map.of("ln_1", "layer_norm1", "ln_2", "layer_norm2", "attn.out_proj", "self_attn.out_proj",
            "mlp.c_fc", "mlp.fc1", "mlp.c_proj", "mlp.fc2");

    private final String prefix;
    private final boolean open;
    private final boolean projected;
    private final int layers;
    private final FileShapes shapes;

    private TextLayout(String prefix, FileShapes shapes, boolean open, boolean projected, int layers) {
        this.prefix = prefix;
        this.shapes = shapes;
        this.open = open;
        this.projected = projected;
        this.layers = layers;
    }

    /** OpenAI's CLIP, in transformers' names. */
    static TextLayout clip(String prefix, FileShapes shapes) {
        return new TextLayout(prefix, shapes, false, false, shapes.count("text_model.encoder.layers."));
    }

    /**
     * OpenCLIP of Stable Diffusion 2, which reads the state before the last layer behind the final norm: a CLIPTextModel without its last layer.
     */
    static TextLayout openClip(String prefix, FileShapes shapes) {
        return new TextLayout(prefix, shapes, true, false, shapes.count("transformer.resblocks.") - 1);
    }

    /** OpenCLIP of SDXL, with its projection. */
    static TextLayout projectedOpenClip(String prefix, FileShapes shapes) {
        return new TextLayout(prefix, shapes, true, true, shapes.count("transformer.resblocks."));
    }

    void describe(ObjectNode config) {
        long[] tokens = shapes.of(open ? "token_embedding.weight" : "text_model.embeddings.token_embedding.weight");
        long[] positions = shapes.of(open ? "positional_embedding" : "text_model.embeddings.position_embedding.weight");
        long[] inner = shapes.of(open ? "transformer.resblocks.0.mlp.c_fc.weight" : "text_model.encoder.layers.0.mlp.fc1.weight");
        config.put("vocab_size", tokens[0]).put("hidden_size", tokens[1]).put("max_position_embeddings", positions[0]).put("intermediate_size", inner[0])
                .put("num_hidden_layers", layers).put("num_attention_heads", Math.max(1, tokens[1] / HEAD_SIZE))
                // the end of text has the highest id of CLIP's vocabulary, which 2 stands for
                .put("hidden_act", open ? "gelu" : "quick_gelu").put("eos_token_id", 2);
        if (projected) {
            config.put("projection_dim", shapes.of("text_projection")[1]);
        }
    }

    /** By transformers' names. */
    Map<String, View> views() {
        Map<String, View> views = new LinkedHashMap<>();
        shapes.forEach((name, shape) -> {
            if (open) {
                openView(views, name, shape);
            } else if (name.startsWith("text_model.") && !name.endsWith("position_ids")) {
                views.put(name, View.whole(prefix + name, shape));
            }
        });
        return views;
    }

    private void openView(Map<String, View> views, String name, long[] shape) {
        if (OPEN_ENDS.containsKey(name)) {
            views.put(OPEN_ENDS.get(name), View.whole(prefix + name, shape));
        } else if (projected && name.equals("text_projection")) {
            views.put("text_projection.weight", new View(prefix + name, new long[] {shape[1], shape[0]}, 0, true));
        } else if (name.startsWith("transformer.resblocks.")) {
            String[] path = name.split("\\.", 4);
            if (Integer.parseInt(path[2]) < layers) {
                layerView(views, "text_model.encoder.layers." + path[2] + ".", path[3], prefix + name, shape);
            }
        }
    }

    private static void layerView(Map<String, View> views, String layer, String name, String tensor, long[] shape) {
        if (name.startsWith("attn.in_proj_")) {
            long[] third = shape.clone();
            third[0] /= PACKED.length;
            long size = third[0] * (third.length > 1 ? third[1] : 1);
            for (int i = 0; i < PACKED.length; i++) {
                views.put(layer + "self_attn." + PACKED[i] + "." + name.substring("attn.in_proj_".length()), new View(tensor, third, i * size, false));
            }
            return;
        }
        int leaf = name.lastIndexOf('.');
        String renamed = OPEN_LAYER.get(name.substring(0, leaf));
        if (renamed != null) {
            views.put(layer + renamed + name.substring(leaf), View.whole(tensor, shape));
        }
    }
}
