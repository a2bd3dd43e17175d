package io.advunlearn.model;

import ai.djl.ndarray.NDArray;

/**
 * What a denoiser of the SDXL family reads besides the text's tokens (diffusers' {@code added_cond_kwargs}).
 *
 * @param textEmbeds [B, P], the second text encoder's projected end-of-text state
 * @param timeIds [B, 6] fp32: height and width of the original picture, top and left of its crop, height and width of the target
 */
public record AddedConditions(NDArray textEmbeds, NDArray timeIds) {

    /** How many numbers describe sizes and crop. */
    public static final int TIME_IDS = 6;
}
