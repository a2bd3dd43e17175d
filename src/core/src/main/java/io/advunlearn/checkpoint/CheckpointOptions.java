package io.advunlearn.checkpoint;

import java.nio.file.Path;

/**
 * What a checkpoint's path does not say.
 *
 * @param variant which weights of a folder to read ({@code fp16}), {@code null} for the plain ones, or the fp16 ones where there are no plain ones
 * @param tokenizer for a single file: a folder with CLIP's {@code vocab.json} and {@code merges.txt}, or with such a folder named
 *     {@code tokenizer}; {@code null} for the one beside the file
 */
public record CheckpointOptions(String variant, Path tokenizer) {

    /** The plain files, and what lies beside. */
    public static final CheckpointOptions NONE = new CheckpointOptions(null, null);
}
