package io.advunlearn.pipeline;

import ai.djl.Device;
import io.advunlearn.model.AutoencoderKL;
import io.advunlearn.model.ClipTextModel;
import io.advunlearn.model.ClipTokenizer;
import io.advunlearn.model.UNet2DConditionModel;
import io.advunlearn.scheduler.Scheduler;
import java.nio.file.Path;

/**
 * The frozen parts of one pipeline, loaded once and shared by serving, erasure and evaluation.
 *
 * @param directory the diffusers model directory
 * @param tokenizer the text encoder's tokenizer
 * @param baseEncoder the text encoder that came with the model; it never leaves and encodes every negative prompt
 * @param baseDigest SHA-256 of the base encoder's weights file, hex
 * @param unet the denoiser
 * @param vae the image decoder
 * @param scheduler what images are drawn with
 * @param device where all of it lives
 * @param lane the device's queue
 */
public record PipelineComponents(Path directory, ClipTokenizer tokenizer, ClipTextModel baseEncoder, String baseDigest,
        UNet2DConditionModel unet, AutoencoderKL vae, Scheduler scheduler, Device device, DeviceLane lane) {

    /** The same pipeline with another scheduler of the same model. */
    public PipelineComponents with(Scheduler other) {
        return new PipelineComponents(directory, tokenizer, baseEncoder, baseDigest, unet, vae, other, device, lane);
    }

    /** The same pipeline with another denoiser of the same latents and text. */
    public PipelineComponents with(UNet2DConditionModel other) {
        return new PipelineComponents(directory, tokenizer, baseEncoder, baseDigest, other, vae, scheduler, device, lane);
    }
}
