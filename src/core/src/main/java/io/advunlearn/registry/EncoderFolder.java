package io.advunlearn.registry;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A folder somebody offers as an encoder: finds its two files, and refuses pickles and links before anything is read. */
final class EncoderFolder {

    static final String CONFIG = "config.json";
    static final String WEIGHTS = "model.safetensors";

    private static final String HOW_TO_CONVERT = "pickles can run code when they are loaded and are never read; in Python, "
            + "CLIPTextModel.from_pretrained(folder).save_pretrained(folder, safe_serialization=True) writes model.safetensors";

    private EncoderFolder() {
    }

    /** @throws RegistryException naming the file and what is accepted */
    static void check(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            throw new RegistryException("folder " + folder + " is not a directory");
        }
        Path weights = folder.resolve(WEIGHTS);
        if (!Files.exists(weights, LinkOption.NOFOLLOW_LINKS)) {
            throw new RegistryException(missingWeights(folder));
        }
        requireRegular(folder.resolve(CONFIG), "config.json of a CLIPTextModel");
        requireRegular(weights, "safetensors weights");
    }

    private static String missingWeights(Path folder) throws IOException {
        List<String> pickles = pickles(folder);
        return pickles.isEmpty() ? WEIGHTS + " is missing in " + folder
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
