package io.advunlearn.model;

import java.nio.file.Path;

/** config.json of a CLIPTextModelWithProjection folder, with transformers' defaults. @param projectionDim size of the text's embedding */
public record ClipTextProjectionConfig(ClipTextConfig text, int projectionDim) {

    private static final int DEFAULT = 512;

    /** @throws IllegalArgumentException naming the file, the field and what is accepted */
    public static ClipTextProjectionConfig read(Path configJson) {
        return of(ConfigFile.read(configJson));
    }

    /** As {@link #read}, of a configuration in memory. */
    public static ClipTextProjectionConfig of(ConfigFile file) {
        return new ClipTextProjectionConfig(ClipTextConfig.of(file), file.integer("projection_dim", DEFAULT, 1));
    }
}
