package io.advunlearn.checkpoint;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.advunlearn.tensor.TensorViews.View;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The denoiser in CompVis's and Stability AI's layout ({@code UNetModel} of ldm and sgm): numbered blocks, down, middle and up. */
final class CompVisUnet {

    static final String PREFIX = "model.diffusion_model.";

    private static final int HEAD_SIZE = 64;
    private static final int OLD_HEADS = 8;
    private static final Map<String, String> ENDS = Map.of("time_embed.0", "time_embedding.linear_1", "time_embed.2", "time_embedding.linear_2",
            "label_emb.0.0", "add_embedding.linear_1", "label_emb.0.2", "add_embedding.linear_2", "input_blocks.0.0", "conv_in",
            "out.0", "conv_norm_out", "out.2", "conv_out");
    private static final Map<String, String> RESNET = Map.of("in_layers.0", "norm1", "in_layers.2", "conv1", "emb_layers.1", "time_emb_proj",
            "out_layers.0", "norm2", "out_layers.3", "conv2", "skip_connection", "conv_shortcut");

    private final FileShapes shapes;
    private final List<Integer> channels = new ArrayList<>();
    private final List<Integer> depths = new ArrayList<>();
    private final int layers;

    /** @param shapes of the tensors under {@link #PREFIX} */
    CompVisUnet(FileShapes shapes) {
        this.shapes = shapes;
        int blocks = 0;
        for (int i = 1; shapes.hasAny("input_blocks." + i + "."); i++) {
            if (shapes.has("input_blocks." + i + ".0.in_layers.2.weight")) {
                blocks++;
                if (i == 1 || shapes.has("input_blocks." + (i - 1) + ".0.op.weight")) {
                    channels.add((int) shapes.of("input_blocks." + i + ".0.in_layers.2.weight")[0]);
                    depths.add(shapes.count("input_blocks." + i + ".1.transformer_blocks."));
                }
            }
        }
        layers = blocks / Math.max(1, channels.size());
    }

    /** @param groupedHeads whether a head has 64 channels, as from version 2 on; before there were 8 heads at every level */
    void describe(ObjectNode config, boolean groupedHeads, int sampleSize) {
        config.put("sample_size", sampleSize).put("in_channels", shapes.of("input_blocks.0.0.weight")[1]).put("out_channels", shapes.of("out.2.weight")[0])
                .put("layers_per_block", layers).put("use_linear_projection", shapes.of(attention(".proj_in.weight")).length == 2)
                .put("cross_attention_dim", shapes.of(attention(".transformer_blocks.0.attn2.to_k.weight"))[1]);
        channels.forEach(config.putArray("block_out_channels")::add);
        depths.forEach(depth -> config.withArray("transformer_layers_per_block").add(Math.max(1, depth)));
        depths.forEach(depth -> config.withArray("down_block_types").add(depth > 0 ? "CrossAttnDownBlock2D" : "DownBlock2D"));
        List<Integer> upwards = new ArrayList<>(depths);
        Collections.reverse(upwards);
        upwards.forEach(depth -> config.withArray("up_block_types").add(depth > 0 ? "CrossAttnUpBlock2D" : "UpBlock2D"));
        channels.forEach(count -> config.withArray("attention_head_dim").add(groupedHeads ? Math.max(1, count / HEAD_SIZE) : OLD_HEADS));
    }

    /** The shape of the additional embedding's input, 0 for none. */
    int addedInput() {
        return shapes.has("label_emb.0.0.weight") ? (int) shapes.of("label_emb.0.0.weight")[1] : 0;
    }

    private String attention(String tensor) {
        return "middle_block.1" + tensor;
    }

    /** By diffusers' names. */
    Map<String, View> views() {
        Map<String, View> views = new LinkedHashMap<>();
        shapes.forEach((name, shape) -> views.put(rename(name), View.whole(PREFIX + name, shape)));
        return views;
    }

    private String rename(String name) {
        int leaf = name.lastIndexOf('.');
        String end = ENDS.get(name.substring(0, leaf));
        if (end != null) {
            return end + name.substring(leaf);
        }
        String[] path = name.split("\\.", 4);
        int number = Integer.parseInt(path[1]);
        return switch (path[0]) {
            case "input_blocks" -> inBlock("down_blocks." + (number - 1) / (layers + 1), (number - 1) % (layers + 1), path);
            case "output_blocks" -> inBlock("up_blocks." + number / (layers + 1), number % (layers + 1), path);
            default -> number == 1 ? "mid_block.attentions.0." + path[2] + "." + path[3] : "mid_block.resnets." + number / 2 + "." + resnet(path[2] + "." + path[3]);
        };
    }

    private static String inBlock(String block, int index, String[] path) {
        if (path[3].startsWith("op.")) {
            return block + ".downsamplers.0.conv." + path[3].substring("op.".length());
        }
        if (path[3].startsWith("conv.")) {
            return block + ".upsamplers.0." + path[3];
        }
        return block + (path[2].equals("0") ? ".resnets." + index + "." + resnet(path[3]) : ".attentions." + index + "." + path[3]);
    }

    private static String resnet(String name) {
        int leaf = name.lastIndexOf('.');
        return RESNET.getOrDefault(name.substring(0, leaf), name.substring(0, leaf)) + name.substring(leaf);
    }
}
