package io.advunlearn.model;

import java.nio.file.Path;
import java.util.Collections;
import java.util.List;

/**
 * config.json of an AutoencoderKL folder, with diffusers' defaults.
 *
 * @param sampleSize height and width in pixels of the pictures it was trained on, and of a tile
 * @param blockOutChannels from the pixels down
 * @param latentsMean one number a channel by which the latents are normalised, {@code null} for none
 * @param latentsStd as {@code latentsMean}; both or none
 * @param forceUpcast whether half precision is too little for it, in the pipelines of SDXL
 */
public record AutoencoderKLConfig(int sampleSize, int inChannels, int outChannels, List<Integer> blockOutChannels, int layersPerBlock, int latentChannels,
        int normNumGroups, double scalingFactor, List<Double> latentsMean, List<Double> latentsStd, boolean useQuantConv,
        boolean usePostQuantConv, boolean midBlockAddAttention, boolean forceUpcast) {

    private static final String DOWN = "DownEncoderBlock2D";
    private static final String SAMPLE_SIZE = "sample_size";
    private static final String UP = "UpDecoderBlock2D";

    /** @throws IllegalArgumentException naming the file, the field and what is accepted */
    public static AutoencoderKLConfig read(Path configJson) {
        return of(ConfigFile.read(configJson));
    }

    /** As {@link #read}, of a configuration in memory. */
    public static AutoencoderKLConfig of(ConfigFile file) {
        file.accept("_class_name", "AutoencoderKL");
        List<Integer> channels = file.integers("block_out_channels", List.of(64));
        int levels = channels.size();
        if (file.texts("down_block_types", Collections.nCopies(1, DOWN), DOWN).size() != levels
                || file.texts("up_block_types", Collections.nCopies(1, UP), UP).size() != levels) {
            throw file.refuse("block_out_channels", channels, "as many entries as down_block_types and up_block_types");
        }
        file.accept("act_fn", "silu", "swish");
        // shifted latents belong to other pipelines than Stable Diffusion's
        file.accept("shift_factor", 0);
        int latents = file.integer("latent_channels", 4, 1);
        AutoencoderKLConfig config = new AutoencoderKLConfig(sampleSize(file), file.integer("in_channels", 3, 1), file.integer("out_channels", 3, 1),
                channels, file.integer("layers_per_block", 1, 1), latents, file.integer("norm_num_groups", 32, 1), file.number("scaling_factor", 0.18215),
                file.numbers("latents_mean", null, latents), file.numbers("latents_std", null, latents),
                file.flag("use_quant_conv", true), file.flag("use_post_quant_conv", true),
                file.flag("mid_block_add_attention", true), file.flag("force_upcast", true));
        file.refuseUnknown();
        if ((config.latentsMean == null) != (config.latentsStd == null)) {
            throw file.refuse("latents_mean", config.latentsMean, "one number a channel together with latents_std, or neither");
        }
        if (config.scalingFactor <= 0) {
            throw file.refuse("scaling_factor", config.scalingFactor, "a number above 0");
        }
        return config;
    }

    /** A list holds height and width, of which diffusers reads the first. */
    private static int sampleSize(ConfigFile file) {
        return file.isList(SAMPLE_SIZE) ? file.integers(SAMPLE_SIZE, List.of()).get(0) : file.integer(SAMPLE_SIZE, 32, 1);
    }

    public int levels() {
        return blockOutChannels.size();
    }
}
