package io.advunlearn.checkpoint;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.advunlearn.tensor.TensorViews.View;
import java.util.LinkedHashMap;
import java.util.Map;

/** The image decoder and encoder in CompVis's layout ({@code AutoencoderKL} of ldm), whose levels are counted from the pixels in both. */
final class CompVisVae {

    static final String PREFIX = "first_stage_model.";

    private static final Map<String, String> ATTENTION = Map.of("norm", "group_norm", "q", "to_q", "k", "to_k", "v", "to_v", "proj_out", "to_out.0");

    private final FileShapes shapes;
    private final int levels;

    /** @param shapes of the tensors under {@link #PREFIX} */
    CompVisVae(FileShapes shapes) {
        this.shapes = shapes;
        levels = shapes.count("encoder.down.");
    }

    /** @param latentSize height and width in cells of the latents that the checkpoint's pictures have */
    void describe(ObjectNode config, double scalingFactor, int latentSize) {
        config.put("sample_size", latentSize << levels - 1);
        config.put("in_channels", shapes.of("encoder.conv_in.weight")[1]).put("out_channels", shapes.of("decoder.conv_out.weight")[0])
                .put("latent_channels", shapes.of("decoder.conv_in.weight")[1]).put("layers_per_block", shapes.count("encoder.down.0.block."))
                .put("scaling_factor", scalingFactor).put("use_quant_conv", shapes.has("quant_conv.weight"))
                .put("use_post_quant_conv", shapes.has("post_quant_conv.weight")).put("mid_block_add_attention", shapes.has("encoder.mid.attn_1.q.weight"));
        for (int level = 0; level < levels; level++) {
            config.withArray("block_out_channels").add(shapes.of("encoder.down." + level + ".block.0.conv1.weight")[0]);
            config.withArray("down_block_types").add("DownEncoderBlock2D");
            config.withArray("up_block_types").add("UpDecoderBlock2D");
        }
    }

    /** By diffusers' names. */
    Map<String, View> views() {
        Map<String, View> views = new LinkedHashMap<>();
        shapes.forEach((name, shape) -> {
            if (name.startsWith("loss.")) {
                return;
            }
            String renamed = rename(name);
            // attention was written as convolutions of one cell
            boolean flat = renamed.contains(".attentions.") && shape.length == 4;
            views.put(renamed, View.whole(PREFIX + name, flat ? new long[] {shape[0], shape[1]} : shape));
        });
        return views;
    }

    private String rename(String name) {
        String[] path = name.split("\\.", 4);
        if (path.length < 3 || path[1].startsWith("conv")) {
            return name;
        }
        return switch (path[1]) {
            case "norm_out" -> path[0] + ".conv_norm_out." + path[2];
            case "mid" -> path[0] + ".mid_block." + middle(path[2], path[3]);
            case "down" -> path[0] + ".down_blocks." + path[2] + "." + inLevel(path[3], "downsample");
            case "up" -> path[0] + ".up_blocks." + (levels - 1 - Integer.parseInt(path[2])) + "." + inLevel(path[3], "upsample");
            default -> name;
        };
    }

    private static String middle(String block, String rest) {
        if (!block.equals("attn_1")) {
            return "resnets." + (block.equals("block_1") ? 0 : 1) + "." + shortcut(rest);
        }
        int leaf = rest.lastIndexOf('.');
        return "attentions.0." + ATTENTION.getOrDefault(rest.substring(0, leaf), rest.substring(0, leaf)) + rest.substring(leaf);
    }

    private static String inLevel(String rest, String sampler) {
        if (rest.startsWith("block.")) {
            return "resnets." + shortcut(rest.substring("block.".length()));
        }
        return rest.replaceFirst("^" + sampler + "\\.", sampler + "rs.0.");
    }

    private static String shortcut(String name) {
        return name.replace("nin_shortcut", "conv_shortcut");
    }
}
