package io.advunlearn.checkpoint;

import io.advunlearn.model.ClipTokenizer;
import io.advunlearn.model.ConfigFile;
import io.advunlearn.tensor.TensorSource;
import java.nio.file.Files;
import java.nio.file.Path;

/** A published model on disk: a folder of diffusers, or one file in the layout of CompVis and Stability AI. */
public interface Checkpoint extends AutoCloseable {

    /**
     * Opens a checkpoint and finds out what it is; nothing of the weights is read yet.
     *
     * @param path a folder with {@code model_index.json}, or one {@code .safetensors} file
     * @throws IllegalArgumentException one sentence that names the file and what is supported
     */
    static Checkpoint open(Path path, CheckpointOptions options) {
        if (!Files.exists(path)) {
            throw new IllegalArgumentException(path + ": does not exist; a folder of diffusers or one .safetensors file is needed");
        }
        return Files.isDirectory(path) ? DiffusersFolder.open(path, options) : SingleFile.open(path, options);
    }

    PipelineFamily family();

    /** The folder, or the one that the file is in. */
    Path directory();

    /** A part's configuration. @throws IllegalArgumentException if it cannot be read */
    ConfigFile config(CheckpointPart part);

    /** A part's weights, named as diffusers and transformers name them. Close it. @throws IllegalArgumentException if they are missing */
    TensorSource tensors(CheckpointPart part);

    /** The tokenizer of a text encoder. @throws IllegalArgumentException if it is missing */
    ClipTokenizer tokenizer(CheckpointPart textEncoder);

    /** {@code scheduler_config.json}; to be read before this is closed. */
    Path schedulerConfig();

    /** Whether an empty negative prompt is read as zeros instead of by the text encoders (SDXL's {@code force_zeros_for_empty_prompt}). */
    boolean zerosForEmptyPrompt();

    @Override
    void close();
}
