package io.advunlearn.gateway.cli;

import io.advunlearn.gateway.demo.Demo;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The whole story in one command. */
@Command(name = "demo", mixinStandardHelpOptions = true,
        description = "Start a gateway, draw images, attack, erase a concept while a client keeps drawing, attack again, promote, draw again.",
        footer = {"", "Writes contact-sheet.png and report.json. Exit code 0 only if no request was lost."})
final class DemoCommand implements Callable<Integer> {

    @Option(names = "--model", paramLabel = "DIRECTORY", defaultValue = "models/emoji-sd", description = "The model (default: ${DEFAULT-VALUE}).")
    private Path model;

    @Option(names = "--concept", paramLabel = "WORD", defaultValue = "church", description = "What to erase (default: ${DEFAULT-VALUE}).")
    private String concept;

    @Option(names = "--kind", paramLabel = "KIND", defaultValue = "object", description = "object or style (default: ${DEFAULT-VALUE}).")
    private String kind;

    @Option(names = "--profile", paramLabel = "NAME", defaultValue = "kv", description = "Of the erasure: fast, kv or paper (default: ${DEFAULT-VALUE}).")
    private String profile;

    @Option(names = "--set", paramLabel = "NAME=VALUE", description = "Overrides a setting of the erasure; may be repeated.")
    private Map<String, String> settings;

    @Option(names = "--budget", paramLabel = "NAME=VALUE", description = "Overrides a field of the attacks' budget; may be repeated.")
    private Map<String, String> budget;

    @Option(names = {"-o", "--out"}, paramLabel = "DIRECTORY", defaultValue = "demo", description = "Where the results go (default: ${DEFAULT-VALUE}).")
    private Path out;

    @Spec
    private CommandSpec command;

    @Override
    public Integer call() throws IOException, InterruptedException {
        if (!Files.isRegularFile(model.resolve("model_index.json"))) {
            throw new ParameterException(command.commandLine(), "--model: " + model + " is no model directory (it has no model_index.json)");
        }
        try (Progress progress = new Progress()) {
            Demo.Options options = new Demo.Options(jar(), model, concept, kind, profile, Overrides.parse(settings), Overrides.parse(budget), out);
            return new Demo(options, progress).run() ? 0 : 1;
        }
    }

    /** The jar that this process was started from. */
    private Path jar() {
        Path jar = Path.of(System.getProperty("java.class.path"));
        if (!Files.isRegularFile(jar)) {
            throw new ParameterException(command.commandLine(), "demo must be started with java -jar .../quarkus-run.jar");
        }
        return jar.toAbsolutePath();
    }
}
