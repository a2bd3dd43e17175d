package io.advunlearn.checkpoint;

import java.nio.file.Path;
import java.util.Objects;

/**
 * What a checkpoint's path does not say.
 *
 * @param variant which weights of a folder to read ({@code fp16}), {@code null} for the plain ones, or the fp16 ones where there are no plain ones
 * @param tokenizer for a single file: a folder with CLIP's {@code vocab.json} and {@code merges.txt}, or with such a folder named
 *     {@code tokenizer}; {@code null} for the one beside the file
 * @param vaeTiling when pictures are decoded in tiles
 */
public record CheckpointOptions(String variant, Path tokenizer, VaeTiling vaeTiling) {

    /** The plain files, and what lies beside. */
    public static final CheckpointOptions NONE = new CheckpointOptions(null, null);

    public CheckpointOptions {
        Objects.requireNonNull(vaeTiling, "vaeTiling");
    }

    /** With tiles for large pictures. */
    public CheckpointOptions(String variant, Path tokenizer) {
        this(variant, tokenizer, VaeTiling.AUTO);
    }

    public CheckpointOptions with(VaeTiling tiling) {
        return new CheckpointOptions(variant, tokenizer, tiling);
    }
}
