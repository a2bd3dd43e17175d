package io.advunlearn.gateway.cli;

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
            description = "The model: a directory in diffusers layout (default: ${DEFAULT-VALUE}).")
    private Path model;

    @Option(names = "--device", paramLabel = "NAME", defaultValue = "cpu", description = "cpu, gpu or gpu<index> (default: ${DEFAULT-VALUE}).")
    private String device;

    @Spec(Spec.Target.MIXEE)
    private CommandSpec command;

    /** @throws ParameterException if it is no model directory */
    Path directory() {
        if (!Files.isRegularFile(model.resolve("model_index.json"))) {
            throw new ParameterException(command.commandLine(), "--model: " + model + " is no model directory (it has no model_index.json)");
        }
        return model;
    }

    TextToImagePipeline load() {
        directory();
        CliLogging.start();
        return TextToImagePipeline.load(model.toAbsolutePath().normalize().getFileName().toString(), model, Devices.byName(device));
    }
}
