package io.advunlearn.registry;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.advunlearn.model.ClipTextConfig;
import io.advunlearn.model.ClipTextProjectionConfig;
import io.advunlearn.model.ConfigFile;
import io.advunlearn.pipeline.EncoderLayout;
import io.advunlearn.tensor.Safetensors;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/** What a text encoder is, by the class of transformers that {@code config.json} names, and so which slot it fits. */
public enum EncoderKind {

    /** The text encoder of every family, SDXL's first among them. */
    @JsonProperty("CLIPTextModel")
    CLIP_TEXT_MODEL("CLIPTextModel") {
        @Override
        void check(Safetensors file, Path configJson) {
            EncoderLayout.check(file, ClipTextConfig.read(configJson));
        }
    },

    /** SDXL's second text encoder. */
    @JsonProperty("CLIPTextModelWithProjection")
    CLIP_TEXT_MODEL_WITH_PROJECTION("CLIPTextModelWithProjection") {
        @Override
        void check(Safetensors file, Path configJson) {
            EncoderLayout.check(file, ClipTextProjectionConfig.read(configJson));
        }
    };

    private final String architecture;

    EncoderKind(String architecture) {
        this.architecture = architecture;
    }

    /** transformers' name of the class. */
    public String architecture() {
        return architecture;
    }

    /**
     * What the configuration says; where it names no class, what the tensors say.
     *
     * @throws IllegalArgumentException if it names another class
     */
    static EncoderKind read(Path configJson, Safetensors file) {
        String[] accepted = Arrays.stream(values()).map(EncoderKind::architecture).toArray(String[]::new);
        EncoderKind seen = file.tensors().containsKey(EncoderLayout.PROJECTION) ? CLIP_TEXT_MODEL_WITH_PROJECTION : CLIP_TEXT_MODEL;
        String named = ConfigFile.read(configJson).texts("architectures", List.of(seen.architecture), accepted).get(0);
        return Arrays.stream(values()).filter(kind -> kind.architecture.equals(named)).findFirst().orElseThrow();
    }

    /** Checks tensors and their values. @throws IllegalArgumentException naming the tensor or the field of {@code config.json} */
    abstract void check(Safetensors file, Path configJson);
}
