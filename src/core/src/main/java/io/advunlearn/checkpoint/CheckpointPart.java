package io.advunlearn.checkpoint;

import io.advunlearn.model.UNet2DConditionModel;

/** The networks of a checkpoint, by the names of their folders in diffusers. */
public enum CheckpointPart {

    TEXT_ENCODER("text_encoder", "CLIPTextModel", "model"),

    /** SDXL's second encoder. */
    TEXT_ENCODER_2("text_encoder_2", "CLIPTextModelWithProjection", "model"),

    UNET("unet", "UNet2DConditionModel", UNet2DConditionModel.WEIGHTS),

    VAE("vae", "AutoencoderKL", UNet2DConditionModel.WEIGHTS);

    private final String folder;
    private final String className;
    private final String weights;

    CheckpointPart(String folder, String className, String weights) {
        this.folder = folder;
        this.className = className;
        this.weights = weights;
    }

    public String folder() {
        return folder;
    }

    /** The class of transformers or diffusers that it has. */
    String className() {
        return className;
    }

    /** The weights file's name without ending. */
    String weights() {
        return weights;
    }

    /** The folder of the tokenizer that belongs to a text encoder. */
    String tokenizer() {
        return this == TEXT_ENCODER_2 ? "tokenizer_2" : "tokenizer";
    }

    boolean in(PipelineFamily family) {
        return this != TEXT_ENCODER_2 || family == PipelineFamily.STABLE_DIFFUSION_XL;
    }
}
