package io.advunlearn.pipeline;

import ai.djl.Device;
import ai.djl.ndarray.types.DataType;
import io.advunlearn.model.AutoencoderKL;
import io.advunlearn.model.ClipTextModel;
import io.advunlearn.model.ClipTokenizer;
import io.advunlearn.model.UNet2DConditionModel;
import io.advunlearn.scheduler.Scheduler;
import java.nio.file.Path;

/**
 * The frozen parts of one pipeline, loaded once and shared by serving, erasure and evaluation.
 *
 * @param directory the model's directory, or the one that a single file is in
 * @param configs the parts' configurations
 * @param tokenizer the text encoder's tokenizer
 * @param baseEncoder the text encoder that came with the model; it never leaves and encodes every negative prompt
 * @param baseDigest SHA-256 of the base encoder's weights file, hex
 * @param secondEncoder SDXL's second text encoder, {@code null} in the other families
 * @param unet the denoiser
 * @param vae the image decoder
 * @param scheduler what images are drawn with
 * @param device where the denoiser and the decoder live, and latents are drawn; the text encoders may live elsewhere
 * @param lane the device's queue
 */
public record PipelineComponents(Path directory, ModelConfigs configs, ClipTokenizer tokenizer, ClipTextModel baseEncoder, String baseDigest,
        SecondEncoder secondEncoder, UNet2DConditionModel unet, AutoencoderKL vae, Scheduler scheduler, Device device, DeviceLane lane) {

    /** The same pipeline with another scheduler of the same model. */
    public PipelineComponents with(Scheduler other) {
        return new PipelineComponents(directory, configs, tokenizer, baseEncoder, baseDigest, secondEncoder, unet, vae, other, device, lane);
    }

    /** The same pipeline with another denoiser of the same latents and text. */
    public PipelineComponents with(UNet2DConditionModel other) {
        return new PipelineComponents(directory, configs, tokenizer, baseEncoder, baseDigest, secondEncoder, other, vae, scheduler, device, lane);
    }

    /** Where text encoders live and are loaded. */
    public Device textEncoderDevice() {
        return baseEncoder.tokenEmbedding().getDevice();
    }

    /** The size for which the model was trained. */
    public ImageSize imageSize() {
        int side = unet.sampleSize() * vae.downscale();
        return new ImageSize(side, side);
    }

    /** @throws IllegalArgumentException if it cannot draw images of that size */
    public void checkSize(ImageSize size) {
        int unit = vae.downscale();
        if (size.width() % unit != 0 || size.height() % unit != 0) {
            throw new IllegalArgumentException("width and height must be multiples of " + unit + ", not " + size);
        }
    }

    /**
     * Refuses pipelines in half precision, where gradients would vanish, and those whose text encoder is on another device.
     *
     * @param what what needs fp32 on one device, for the message
     * @throws IllegalArgumentException for such a pipeline
     */
    public void requireFullPrecision(String what) {
        if (unet.weights().dataType() != DataType.FLOAT32 || baseEncoder.weights().dataType() != DataType.FLOAT32) {
            throw new IllegalArgumentException(what + " needs a pipeline with dtype float32; load the model once more with it, and the encoders it gives"
                    + " can be served in float16");
        }
        if (!textEncoderDevice().equals(device)) {
            throw new IllegalArgumentException(what + " needs the text encoder on the pipeline's device " + device + "; it is on " + textEncoderDevice()
                    + ", as text-encoder-device says");
        }
    }

    /**
     * Refuses families with two text encoders.
     *
     * @param what what works with one encoder only, for the message
     * @throws IllegalArgumentException in such a family
     */
    public void requireOneEncoder(String what) {
        if (secondEncoder != null) {
            throw new IllegalArgumentException(what + " works on Stable Diffusion 1 and 2, which read the text with one encoder; " + directory
                    + " is an SDXL model with two, for which it is not supported yet");
        }
    }
}
