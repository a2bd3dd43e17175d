package io.advunlearn.tensor;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Finds the weights in a component's folder as the Hugging Face libraries name them: one file or shards with an index, plain or of a variant. */
public final class WeightFiles {

    private static final String ENDING = ".safetensors";
    private static final String INDEX = ".safetensors.index";
    private static final String HALF = "fp16";
    private static final List<String> PICKLES = List.of(".bin", ".ckpt", ".pt", ".pth");

    private WeightFiles() { }

    /** As {@link #open(Path, String, String)}, for the plain files, or the fp16 ones where there are no plain ones. */
    public static TensorSource open(Path folder, String name) {
        return open(folder, name, null);
    }

    /**
     * @param name the file's name without ending, {@code model} or {@code diffusion_pytorch_model}
     * @param variant the files to read ({@code fp16}), {@code null} for the plain ones, or the fp16 ones where there are no plain ones
     * @throws SafetensorsException saying which files would be read
     */
    public static TensorSource open(Path folder, String name, String variant) {
        for (String each : variant == null ? List.of("", HALF) : List.of(variant)) {
            Path whole = folder.resolve(name + (each.isEmpty() ? "" : "." + each) + ENDING);
            Path index = folder.resolve(name + INDEX + (each.isEmpty() ? "" : "." + each) + ".json");
            if (Files.isRegularFile(whole)) {
                return Safetensors.open(whole);
            }
            if (Files.isRegularFile(index)) {
                return ShardedSafetensors.open(index);
            }
        }
        throw missing(folder, name, variant);
    }

    private static SafetensorsException missing(Path folder, String name, String variant) {
        String wanted = name + (variant == null ? "" : "." + variant) + ENDING;
        return new SafetensorsException(folder + ": has no " + wanted + " (nor shards of it with an index)"
                + pickle(folder).map(file -> "; " + file + " is a pickle, which can run code and is not loaded." + SafetensorsHeader.HOW_TO_CONVERT).orElse(""));
    }

    /** The first file of a format that is refused. */
    private static Optional<String> pickle(Path folder) {
        if (!Files.isDirectory(folder)) {
            return Optional.empty();
        }
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).filter(WeightFiles::isPickle).sorted().findFirst();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Whether a file's name says that it is a pickle. */
    public static boolean isPickle(String file) {
        return PICKLES.stream().anyMatch(file::endsWith);
    }
}
