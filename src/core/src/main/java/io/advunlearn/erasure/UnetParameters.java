package io.advunlearn.erasure;

import io.advunlearn.model.UNet2DConditionConfig;
import java.util.List;
import java.util.function.Predicate;

/**
 * Which parameters of a UNet are trained, by the published names (ESD, arXiv 2303.07345; AdvUnlearn, arXiv 2405.15234). The published
 * code matches CompVis names; here the same parts are found by diffusers' names:
 *
 * <table>
 * <caption>Mapping</caption>
 * <tr><th>CompVis</th><th>diffusers</th></tr>
 * <tr><td>{@code attn1}, {@code attn2}</td><td>{@code attn1} (self-attention), {@code attn2} (cross-attention) of every down, mid and up block</td></tr>
 * <tr><td>{@code out.0}, {@code out.2}</td><td>{@code conv_norm_out}, {@code conv_out}</td></tr>
 * <tr><td>{@code time_embed}</td><td>{@code time_embedding}; the residual blocks' own {@code time_emb_proj} (CompVis {@code emb_layers})
 *     does not belong to it</td></tr>
 * <tr><td>{@code output_blocks.6}, {@code .8}</td><td>first and last attention of the last up block but one: {@code up_blocks.2.attentions.0}
 *     and {@code .2} of Stable Diffusion</td></tr>
 * <tr><td>{@code input_blocks.4}, {@code .7}</td><td>first attention of the second and third down block: {@code down_blocks.1.attentions.0}
 *     and {@code down_blocks.2.attentions.0}</td></tr>
 * </table>
 *
 * <p>{@code full}: everything; {@code noxattn} (ESD-u): all but {@code attn2}, {@code out} and {@code time_embed}; {@code selfattn}:
 * {@code attn1}; {@code xattn} (ESD-x): {@code attn2}; {@code notime}: all but {@code out} and {@code time_embed}; {@code xlayer}:
 * {@code attn2} in the two output blocks; {@code selflayer}: {@code attn1} in the two input blocks.
 */
final class UnetParameters {

    static final List<String> METHODS = List.of("full", "noxattn", "selfattn", "xattn", "notime", "xlayer", "selflayer");

    private UnetParameters() {
    }

    /** Tells by state-dict name whether a parameter is trained. @param method out of {@link #METHODS} */
    static Predicate<String> of(String method, UNet2DConditionConfig config) {
        return switch (method) {
            case "full" -> name -> true;
            case "noxattn" -> name -> !isCrossAttention(name) && !isOutputOrTime(name);
            case "selfattn" -> UnetParameters::isSelfAttention;
            case "xattn" -> UnetParameters::isCrossAttention;
            case "notime" -> name -> !isOutputOrTime(name);
            case "xlayer" -> in(outputLayers(config)).and(UnetParameters::isCrossAttention);
            case "selflayer" -> in(List.of("down_blocks.1.attentions.0.", "down_blocks.2.attentions.0.")).and(UnetParameters::isSelfAttention);
            default -> throw new IllegalArgumentException("trainMethod must be one of " + String.join(", ", METHODS));
        };
    }

    private static boolean isSelfAttention(String name) {
        return name.contains(".attn1.");
    }

    private static boolean isCrossAttention(String name) {
        return name.contains(".attn2.");
    }

    private static boolean isOutputOrTime(String name) {
        return name.startsWith("conv_norm_out.") || name.startsWith("conv_out.") || name.startsWith("time_embedding.");
    }

    private static Predicate<String> in(List<String> prefixes) {
        return name -> prefixes.stream().anyMatch(name::startsWith);
    }

    /** An up block has one attention more than a down block of its level; up blocks count from the lowest resolution. */
    private static List<String> outputLayers(UNet2DConditionConfig config) {
        int block = config.levels() - 2;
        if (block < 0) {
            return List.of();
        }
        String path = "up_blocks." + block + ".attentions.";
        return List.of(path + "0.", path + config.layersPerBlock().get(config.levels() - 1 - block) + ".");
    }
}
