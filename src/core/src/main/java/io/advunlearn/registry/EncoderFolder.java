package io.advunlearn.registry;

import io.advunlearn.tensor.SafetensorsException;
import io.advunlearn.tensor.WeightFiles;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A folder somebody offers as an encoder: finds its files, and refuses pickles and links before anything is read. */
final class EncoderFolder {

    static final String CONFIG = "config.json";
    static final String WEIGHTS = "model.safetensors";

    private static final String NAME = "model";
    private static final String HOW_TO_CONVERT = "pickles can run code when they are loaded and are never read; in Python, "
            + "CLIPTextModel.from_pretrained(folder).save_pretrained(folder, safe_serialization=True) writes model.safetensors";

    private EncoderFolder() {
    }

    /**
     * Copies the configuration and the weights. Whatever the folder has, {@code model.safetensors}, the fp16 variant alone, or shards of either
     * with an index, the copy has one {@code model.safetensors}: what is verified, hashed and loaded later is always one file. Tensors keep
     * their stored dtype and bytes.
     *
     * @throws RegistryException naming the file and what is accepted
     */
    static void copy(Path folder, Path target) throws IOException {
        if (!Files.isDirectory(folder)) {
            throw new RegistryException("folder " + folder + " is not a directory");
        }
        try {
            List<Path> weights = WeightFiles.files(folder, NAME);
            if (weights.isEmpty()) {
                throw new RegistryException(missingWeights(folder));
            }
            requireRegular(folder.resolve(CONFIG), "config.json of a CLIPTextModel or CLIPTextModelWithProjection");
            for (Path file : weights) {
                requireRegular(file, "safetensors weights");
            }
            DurableFiles.copy(folder.resolve(CONFIG), target.resolve(CONFIG));
            copyWeights(weights, target.resolve(WEIGHTS));
        } catch (SafetensorsException e) {
            throw new RegistryException(e.getMessage().replace(folder + "/", "").replace(target + "/", ""), e);
        }
    }

    private static void copyWeights(List<Path> weights, Path target) throws IOException {
        if (weights.size() == 1) {
            DurableFiles.copy(weights.get(0), target);
        } else {
            WeightFiles.join(weights.get(0), target);
        }
    }

    private static String missingWeights(Path folder) throws IOException {
        List<String> pickles = pickles(folder);
        return pickles.isEmpty() ? WEIGHTS + " (or model.fp16.safetensors, or shards with an index) is missing in " + folder
                : WEIGHTS + " is missing, the folder holds " + String.join(", ", pickles) + ": " + HOW_TO_CONVERT;
    }

    private static void requireRegular(Path file, String what) {
        if (Files.isSymbolicLink(file)) {
            throw new RegistryException(file.getFileName() + " is a symbolic link, give a folder with the file itself");
        }
        if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
            throw new RegistryException(file.getFileName() + " (" + what + ") is missing in " + file.getParent());
        }
    }

    private static List<String> pickles(Path folder) throws IOException {
        List<String> names = new ArrayList<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, "*.{bin,ckpt,pt,pth,pkl,pickle}")) {
            files.forEach(file -> names.add(file.getFileName().toString()));
        }
        names.sort(null);
        return names;
    }
}
