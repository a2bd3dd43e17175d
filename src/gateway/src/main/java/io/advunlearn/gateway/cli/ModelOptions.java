package io.advunlearn.gateway.cli;

import io.advunlearn.checkpoint.CheckpointOptions;
import io.advunlearn.checkpoint.Dtype;
import io.advunlearn.checkpoint.VaeTiling;
import io.advunlearn.pipeline.ErasureFloor;
import io.advunlearn.pipeline.TextToImagePipeline;
import io.advunlearn.tensor.Devices;
import java.nio.file.Files;
import java.nio.file.Path;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The options of every command that loads a model by itself. */
final class ModelOptions {

    @Option(names = "--model", paramLabel = "DIRECTORY", defaultValue = "models/emoji-sd",
            description = "The model: a directory in diffusers layout, or one .safetensors file in its publisher's (default: ${DEFAULT-VALUE}).")
    private Path model;

    @Option(names = "--tokenizer", paramLabel = "DIRECTORY",
            description = "For a model in one file: a folder with CLIP's vocab.json and merges.txt (default: the folder tokenizer beside the file).")
    private Path tokenizer;

    @Option(names = "--variant", paramLabel = "NAME",
            description = "Which weights of a directory to read, for example fp16 (default: the plain files, or fp16 where there are no plain ones).")
    private String variant;

    @Option(names = "--dtype", paramLabel = "NAME", defaultValue = "float32",
            description = "What to compute in: float32, or on a GPU float16 in half the memory, not for erase and evaluate (default: ${DEFAULT-VALUE}).")
    private String dtype;

    @Option(names = "--vae-tiling", paramLabel = "WHEN", defaultValue = "auto",
            description = "Decode in tiles, which takes less memory: auto, pictures larger than the model's own; on, all larger than a tile; "
                    + "off, none (default: ${DEFAULT-VALUE}).")
    private String vaeTiling;

    @Option(names = "--device", paramLabel = "NAME", defaultValue = "cpu", description = "cpu, gpu or gpu<index> (default: ${DEFAULT-VALUE}).")
    private String device;

    @Option(names = "--text-encoder-device", paramLabel = "NAME",
            description = "Where the text encoders run, not for erase and evaluate (default: the device).")
    private String textEncoderDevice;

    @Spec(Spec.Target.MIXEE)
    private CommandSpec command;

    /** The model's directory, or that of its file. @throws ParameterException if it is no model */
    Path directory() {
        if (Files.isRegularFile(model)) {
            return model.toAbsolutePath().getParent();
        }
        if (!Files.isRegularFile(model.resolve("model_index.json"))) {
            throw new ParameterException(command.commandLine(), "--model: " + model + " is no model directory (it has no model_index.json)");
        }
        return model;
    }

    TextToImagePipeline load() {
        CheckpointOptions options = new CheckpointOptions(variant, tokenizer, Dtype.of("--dtype", dtype), VaeTiling.of("--vae-tiling", vaeTiling),
                textEncoderDevice);
        directory();
        CliLogging.start();
        return TextToImagePipeline.load(model.toAbsolutePath().normalize().getFileName().toString(), model, options,
                Devices.byName(device), ErasureFloor.NONE, false);
    }
}
