package io.advunlearn.checkpoint;

import io.advunlearn.model.AutoencoderKLConfig;
import io.advunlearn.model.ClipTextConfig;
import io.advunlearn.model.ClipTextProjectionConfig;
import io.advunlearn.model.ConfigFile;
import io.advunlearn.model.UNet2DConditionConfig;
import java.util.List;

/**
 * The configurations of a checkpoint's networks, which fit each other: found out before any weights are read.
 *
 * @param second SDXL's second text encoder, {@code null} in the other families
 */
public record PipelineArchitecture(ClipTextConfig text, ClipTextProjectionConfig second, UNet2DConditionConfig unet, AutoencoderKLConfig vae) {

    /** @throws IllegalArgumentException one sentence that names the file and the field that does not fit, and what would */
    public static PipelineArchitecture of(Checkpoint checkpoint) {
        boolean xl = checkpoint.family() == PipelineFamily.STABLE_DIFFUSION_XL;
        ConfigFile unetFile = checkpoint.config(CheckpointPart.UNET);
        ConfigFile vaeFile = checkpoint.config(CheckpointPart.VAE);
        PipelineArchitecture architecture = new PipelineArchitecture(ClipTextConfig.of(checkpoint.config(CheckpointPart.TEXT_ENCODER)),
                xl ? ClipTextProjectionConfig.of(checkpoint.config(CheckpointPart.TEXT_ENCODER_2)) : null,
                UNet2DConditionConfig.of(unetFile), AutoencoderKLConfig.of(vaeFile));
        architecture.checkLatents(unetFile);
        architecture.checkText(unetFile);
        if (!xl && architecture.vae.latentsMean() != null) {
            throw vaeFile.refuse("latents_mean", architecture.vae.latentsMean(), "null, except in " + PipelineFamily.STABLE_DIFFUSION_XL.diffusersClass());
        }
        return architecture;
    }

    private void checkLatents(ConfigFile unetFile) {
        int latents = vae.latentChannels();
        if (unet.inChannels() != latents) {
            throw unetFile.refuse("in_channels", unet.inChannels(), latents + ", the latent_channels of the VAE (a denoiser that reads a mask or a picture is not supported)");
        }
        if (unet.outChannels() != latents) {
            throw unetFile.refuse("out_channels", unet.outChannels(), latents + ", the latent_channels of the VAE");
        }
    }

    private void checkText(ConfigFile unetFile) {
        int width = text.hiddenSize() + (second == null ? 0 : second.text().hiddenSize());
        if (!unet.crossAttentionDim().stream().allMatch(dim -> dim == width)) {
            throw unetFile.refuse("cross_attention_dim", unet.crossAttentionDim(), width + ", the hidden_size of the text "
                    + (second == null ? "encoder" : "encoders together"));
        }
        UNet2DConditionConfig.TextTime textTime = unet.textTime();
        if ((textTime == null) != (second == null)) {
            throw unetFile.refuse("addition_embed_type", textTime == null ? "null" : "text_time", second == null
                    ? "null, except in " + PipelineFamily.STABLE_DIFFUSION_XL.diffusersClass() : "text_time, from which SDXL reads the pooled text");
        }
        if (textTime != null && textTime.pooled() != second.projectionDim()) {
            throw unetFile.refuse("projection_class_embeddings_input_dim", textTime.inputDim(), "six times addition_time_embed_dim and the second text encoder's"
                    + " projection_dim " + second.projectionDim());
        }
        if (second != null && second.text().maxPositionEmbeddings() != text.maxPositionEmbeddings()) {
            throw unetFile.refuse("max_position_embeddings of the text encoders", List.of(text.maxPositionEmbeddings(), second.text().maxPositionEmbeddings()),
                    "one number for both");
        }
    }
}
