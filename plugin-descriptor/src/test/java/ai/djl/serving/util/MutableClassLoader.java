package ai.djl.serving.util;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** Stands for the server's class loader of {@code deps/}: its parent is the loader that the server itself is in. */
public final class MutableClassLoader extends URLClassLoader {

    private static final MutableClassLoader INSTANCE = new MutableClassLoader(Path.of(System.getProperty("MODEL_SERVER_HOME"), "deps"));

    private MutableClassLoader(Path directory) {
        super(jars(directory), MutableClassLoader.class.getClassLoader());
    }

    public static MutableClassLoader getInstance() {
        return INSTANCE;
    }

    /** The jars directly in a directory. */
    public static URL[] jars(Path directory) {
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(file -> file.toString().endsWith(".jar")).map(MutableClassLoader::url).toArray(URL[]::new);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static URL url(Path file) {
        try {
            return file.toUri().toURL();
        } catch (MalformedURLException e) {
            throw new IllegalArgumentException(e);
        }
    }
}
