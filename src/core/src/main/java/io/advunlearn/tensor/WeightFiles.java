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
        Path found = find(folder, name, variant).orElseThrow(() -> missing(folder, name, variant));
        return isIndex(found) ? ShardedSafetensors.open(found) : Safetensors.open(found);
    }

    private static Optional<Path> find(Path folder, String name, String variant) {
        for (String each : variant == null ? List.of("", HALF) : List.of(variant)) {
            Path whole = folder.resolve(name + (each.isEmpty() ? "" : "." + each) + ENDING);
            Path index = folder.resolve(name + INDEX + (each.isEmpty() ? "" : "." + each) + ".json");
            for (Path file : List.of(whole, index)) {
                if (Files.isRegularFile(file)) {
                    return Optional.of(file);
                }
            }
        }
        return Optional.empty();
    }

    private static boolean isIndex(Path file) {
        return file.getFileName().toString().endsWith(".json");
    }

    /**
     * What {@link #open(Path, String)} would read: the weights file, or the index and then its shards; empty if there are no weights.
     *
     * @throws SafetensorsException if an index cannot be read or names files of another folder
     */
    public static List<Path> files(Path folder, String name) {
        return find(folder, name, null).map(file -> isIndex(file) ? ShardedSafetensors.files(file) : List.of(file)).orElse(List.of());
    }

    /**
     * Puts the shards of an index together in one file, every tensor in its stored dtype, byte for byte. Written beside and moved into place.
     *
     * @param index {@code model.safetensors.index.json} and its like
     * @throws SafetensorsException naming what is missing or malformed, or if the file cannot be written
     */
    public static void join(Path index, Path file) {
        try (ShardedSafetensors shards = ShardedSafetensors.open(index)) {
            shards.writeTo(file);
        }
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
