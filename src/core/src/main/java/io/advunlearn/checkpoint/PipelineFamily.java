package io.advunlearn.checkpoint;

import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Collectors;

/** The kinds of pipelines that are run, by diffusers' class. */
public enum PipelineFamily {

    /** Stable Diffusion 1 and 2: one text encoder. */
    STABLE_DIFFUSION("StableDiffusionPipeline", "Stable Diffusion 1 and 2"),

    /** SDXL and SDXL-Turbo: two text encoders, and picture sizes as a further input. */
    STABLE_DIFFUSION_XL("StableDiffusionXLPipeline", "SDXL and SDXL-Turbo");

    private final String diffusersClass;
    private final String models;

    PipelineFamily(String diffusersClass, String models) {
        this.diffusersClass = diffusersClass;
        this.models = models;
    }

    /** {@code _class_name} in {@code model_index.json}. */
    public String diffusersClass() {
        return diffusersClass;
    }

    static Optional<PipelineFamily> of(String diffusersClass) {
        return Arrays.stream(values()).filter(family -> family.diffusersClass.equals(diffusersClass)).findFirst();
    }

    /** What is supported, for messages. */
    static String supported() {
        return Arrays.stream(values()).map(family -> family.models + " (" + family.diffusersClass + ")").collect(Collectors.joining(" and "));
    }
}
