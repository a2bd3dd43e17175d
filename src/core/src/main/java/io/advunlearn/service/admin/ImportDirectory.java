package io.advunlearn.service.admin;

import io.advunlearn.service.json.FieldException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Optional;

/** The one directory on the server from which encoders may be imported. */
final class ImportDirectory {

    private final Optional<Path> root;

    ImportDirectory(Optional<Path> root) {
        this.root = root;
    }

    /**
     * @param folder relative to the import directory
     * @throws FieldException if it is not a folder inside of it, links followed
     */
    Path resolve(String folder) {
        if (root.isEmpty()) {
            throw new ProblemException(Problem.of(403, "importing is off: no import directory is configured"));
        }
        try {
            Path inside = root.get().toRealPath();
            Path wanted = inside.resolve(folder).toRealPath();
            if (wanted.startsWith(inside) && !wanted.equals(inside) && Files.isDirectory(wanted)) {
                return wanted;
            }
        } catch (IOException | InvalidPathException e) {
            // The same answer as for a folder outside: a client must not learn what else is on the disk.
        }
        throw new FieldException("folder", "invalid_value", "folder must name a folder inside the import directory");
    }
}
