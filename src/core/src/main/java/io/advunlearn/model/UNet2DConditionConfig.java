package io.advunlearn.model;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * config.json of a UNet2DConditionModel folder, with diffusers' defaults. Lists hold one value a level, from the highest resolution down.
 *
 * @param sampleSize height and width of the latents it was trained on, 0 if unknown
 * @param downCrossAttention whether the level's down block attends to the text
 * @param midBlock whether there is a middle block
 * @param upCrossAttention as for the down blocks, in the up blocks' own order (lowest resolution first)
 * @param textTime what is added to the time's embedding in the SDXL family, {@code null} for nothing
 * @param attentionHeads heads a level. diffusers calls the number of heads {@code attention_head_dim}, a misnomer it keeps for old files
 */
public record UNet2DConditionConfig(int sampleSize, int inChannels, int outChannels, boolean flipSinToCos, double freqShift,
        List<Boolean> downCrossAttention, boolean midBlock, List<Boolean> upCrossAttention, List<Integer> blockOutChannels,
        List<Integer> layersPerBlock, int normNumGroups, double normEps, List<Integer> crossAttentionDim,
        List<Integer> transformerLayersPerBlock, List<Integer> attentionHeads, boolean useLinearProjection, TextTime textTime) {

    /**
     * {@code addition_embed_type: text_time}.
     *
     * @param timeEmbedDim channels of each of the {@link AddedConditions#TIME_IDS} numbers
     * @param inputDim those channels and the pooled text together
     */
    public record TextTime(int timeEmbedDim, int inputDim) {

        /** Size of the pooled text. */
        public int pooled() {
            return inputDim - AddedConditions.TIME_IDS * timeEmbedDim;
        }
    }

    private static final String CROSS_DOWN = "CrossAttnDownBlock2D";
    private static final String CROSS_UP = "CrossAttnUpBlock2D";

    /** @throws IllegalArgumentException naming the file, the field and what is accepted */
    public static UNet2DConditionConfig read(Path configJson) {
        return of(ConfigFile.read(configJson));
    }

    /** As {@link #read}, of a configuration in memory. */
    public static UNet2DConditionConfig of(ConfigFile file) {
        file.accept("_class_name", "UNet2DConditionModel");
        List<Boolean> down = crossAttention(file.texts("down_block_types",
                List.of(CROSS_DOWN, CROSS_DOWN, CROSS_DOWN, "DownBlock2D"), CROSS_DOWN, "DownBlock2D"), CROSS_DOWN);
        List<Boolean> up = crossAttention(file.texts("up_block_types",
                List.of("UpBlock2D", CROSS_UP, CROSS_UP, CROSS_UP), CROSS_UP, "UpBlock2D"), CROSS_UP);
        List<Integer> channels = file.integers("block_out_channels", List.of(320, 640, 1280, 1280));
        int levels = channels.size();
        if (down.size() != levels || up.size() != levels) {
            throw file.refuse("block_out_channels", channels, "as many entries as down_block_types (" + down.size() + ") and up_block_types (" + up.size() + ")");
        }
        refuseUnsupported(file);
        UNet2DConditionConfig config = new UNet2DConditionConfig(
                file.integer("sample_size", 0, 1), file.integer("in_channels", 4, 1), file.integer("out_channels", 4, 1),
                file.flag("flip_sin_to_cos", true), file.number("freq_shift", 0),
                down, midBlock(file), up, channels,
                file.perLevel("layers_per_block", 2, levels), file.integer("norm_num_groups", 32, 1), file.number("norm_eps", 1e-5),
                file.perLevel("cross_attention_dim", 1280, levels), file.perLevel("transformer_layers_per_block", 1, levels),
                file.perLevel("attention_head_dim", 8, levels), file.flag("use_linear_projection", false), textTime(file));
        file.refuseUnknown();
        config.checkHeads(file);
        return config;
    }

    public int levels() {
        return blockOutChannels.size();
    }

    public int timeEmbedding() {
        return 4 * blockOutChannels.get(0);
    }

    private static List<Boolean> crossAttention(List<String> types, String withAttention) {
        return types.stream().map(withAttention::equals).toList();
    }

    private static boolean midBlock(ConfigFile file) {
        // absent means the default block, null means none
        return file.text("mid_block_type", file.isNull("mid_block_type") ? "" : "UNetMidBlock2DCrossAttn", "UNetMidBlock2DCrossAttn").length() > 0;
    }

    private static TextTime textTime(ConfigFile file) {
        if (file.text("addition_embed_type", "", "text_time").isEmpty()) {
            return null;
        }
        TextTime textTime = new TextTime(file.integer("addition_time_embed_dim", 0, 2), file.integer("projection_class_embeddings_input_dim", 0, 1));
        if (textTime.timeEmbedDim() == 0 || textTime.timeEmbedDim() % 2 != 0) {
            throw file.refuse("addition_time_embed_dim", textTime.timeEmbedDim(), "an even number from 2 with addition_embed_type text_time");
        }
        if (textTime.pooled() < 1) {
            throw file.refuse("projection_class_embeddings_input_dim", textTime.inputDim(), "more than " + AddedConditions.TIME_IDS
                    + " times addition_time_embed_dim " + textTime.timeEmbedDim() + ": the rest is the pooled text");
        }
        return textTime;
    }

    private void checkHeads(ConfigFile file) {
        for (int i = 0; i < levels(); i++) {
            if (blockOutChannels.get(i) % attentionHeads.get(i) != 0) {
                throw file.refuse("attention_head_dim", new ArrayList<>(attentionHeads), "numbers of heads that divide block_out_channels " + blockOutChannels);
            }
        }
        if (blockOutChannels.get(0) % 2 != 0) {
            throw file.refuse("block_out_channels", blockOutChannels, "an even first entry");
        }
    }

    private static void refuseUnsupported(ConfigFile file) {
        file.accept("act_fn", "silu", "swish");
        file.accept("center_input_sample", false);
        file.accept("only_cross_attention", false);
        file.accept("mid_block_only_cross_attention", false);
        file.accept("dual_cross_attention", false);
        file.accept("downsample_padding", 1);
        file.accept("mid_block_scale_factor", 1);
        file.accept("resnet_time_scale_shift", "default");
        file.accept("resnet_skip_time_act", false);
        file.accept("resnet_out_scale_factor", 1);
        file.accept("time_embedding_type", "positional");
        file.accept("conv_in_kernel", 3);
        file.accept("conv_out_kernel", 3);
        file.accept("attention_type", "default");
        file.accept("class_embeddings_concat", false);
        // attention sums and normalises in fp32 whatever its inputs; dropout is a training matter; the last one is read with another addition embedding
        file.ignore("upcast_attention", "dropout", "addition_embed_type_num_heads");
    }
}
