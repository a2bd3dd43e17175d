package io.advunlearn.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine;

/** Writes a checkpoint of full size, so that memory and speed can be measured without a download. */
@CommandLine.Command(name = "random-weights", mixinStandardHelpOptions = true,
        description = "Writes a folder of diffusers with a published architecture and random weights.")
final class RandomWeightsCommand implements Callable<Integer> {

    /** By the names that are typed. */
    enum Family { sd15 }

    /** By the names that are typed. */
    enum Dtype { fp32, fp16 }

    @CommandLine.Option(names = "--family", defaultValue = "sd15", description = "architecture: ${COMPLETION-CANDIDATES} (Stable Diffusion 1.5; default: ${DEFAULT-VALUE})")
    private Family family;

    @CommandLine.Option(names = "--out", required = true, description = "folder to write; it must be empty or absent")
    private Path out;

    @CommandLine.Option(names = "--dtype", defaultValue = "fp32", description = "how weights are stored: ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE})")
    private Dtype dtype;

    @CommandLine.Option(names = "--seed", defaultValue = "1", description = "of the weights (default: ${DEFAULT-VALUE})")
    private long seed;

    @CommandLine.Option(names = "--pixels", defaultValue = "512", description = "side of the images it draws, a multiple of 64 (default: ${DEFAULT-VALUE})")
    private int pixels;

    @CommandLine.Option(names = "--tokenizer", defaultValue = "models/emoji-sd/tokenizer",
            description = "a CLIP tokenizer's folder, copied (default: ${DEFAULT-VALUE}: CLIP's own vocabulary is not bundled)")
    private Path tokenizer;

    @CommandLine.Spec
    private CommandLine.Model.CommandSpec spec;

    @Override
    public Integer call() throws IOException {
        require(pixels >= 64 && pixels % 64 == 0, "--pixels must be a multiple of 64, not " + pixels);
        require(Files.isDirectory(tokenizer), "--tokenizer " + tokenizer + " must be the folder of a CLIP tokenizer (vocab.json, merges.txt)");
        require(isEmpty(out), "--out " + out + " must be an empty folder or a new one");
        new RandomCheckpoint(family.name(), out, seed, dtype == Dtype.fp16).write(pixels, tokenizer);
        return 0;
    }

    private void require(boolean condition, String message) {
        if (!condition) {
            throw new CommandLine.ParameterException(spec.commandLine(), message);
        }
    }

    private static boolean isEmpty(Path folder) throws IOException {
        if (!Files.exists(folder)) {
            return true;
        }
        try (Stream<Path> files = Files.list(folder)) {
            return files.findAny().isEmpty();
        }
    }
}
