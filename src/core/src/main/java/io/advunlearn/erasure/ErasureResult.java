package io.advunlearn.erasure;

import java.nio.file.Path;

/**
 * A candidate encoder, or a candidate UNet where {@link ErasureSettings#module()} says so.
 *
 * @param encoderDirectory a CLIPTextModel folder: {@code config.json}, {@code model.safetensors}; a candidate UNet's folder:
 *     {@code config.json}, {@code diffusion_pytorch_model.safetensors}
 * @param iterations outer iterations done
 * @param unetForward latents that went through the UNet forward, bank included
 * @param unetBackward latents whose gradient went back to the context
 * @param seconds wall-clock, pauses for serving included
 * @param trainedParameters numbers of the network that were trained
 * @param settings the resolved settings, for the report
 * @param anchor what the concept became, resolved
 */
public record ErasureResult(Path encoderDirectory, int iterations, long unetForward, long unetBackward, double seconds, long trainedParameters,
        MethodSettings settings, String anchor) {
}
