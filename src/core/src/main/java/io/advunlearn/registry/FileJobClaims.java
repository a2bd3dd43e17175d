package io.advunlearn.registry;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Claims beside the jobs: {@code <collection>/<job>/claims/<token>.json}, which exactly one replica can make since it is a hard link, and
 * {@code <token>.beat}, the heartbeat. That is written in place, because network file systems show a file's new content sooner than a new file
 * under its name; and whoever takes a job over says so in it. Needs no file locks.
 */
public final class FileJobClaims implements JobClaims {

    private static final Duration LEFTOVER_AGE = Duration.ofHours(1);
    private static final String DIRECTORY = "claims";
    private static final int WIDTH = 20;
    private static final String RELEASED = "released";
    private static final String TAKEN = "taken";

    private final Path root;
    private final NumberedFiles files = new NumberedFiles(LEFTOVER_AGE);

    /** @param root the registry's directory */
    public FileJobClaims(Path root) {
        this.root = root;
    }

    @Override
    public Optional<Claim> newest(String collection, String job) {
        return io(job, () -> {
            Path directory = directory(collection, job);
            List<Long> tokens = files.numbers(directory);
            return tokens.isEmpty() ? Optional.empty() : Optional.of(read(directory, tokens.get(tokens.size() - 1)));
        });
    }

    private Claim read(Path directory, long token) throws IOException {
        String replica = String.valueOf(RegistryJson.read(files.read(directory, token), Map.class, "claim").get("replica"));
        String beat = beat(directory, token);
        return new Claim(token, replica, RELEASED.equals(beat) ? 0 : number(beat), RELEASED.equals(beat));
    }

    /** A claim whose first heartbeat a crash cut off, or that is being written, has the same heartbeat as a new one. */
    private static long number(String beat) {
        try {
            return Long.parseLong(beat);
        } catch (NumberFormatException e) {
            return 0;
        }
    }

    private static String beat(Path directory, long token) throws IOException {
        try {
            return Files.readString(beatFile(directory, token), StandardCharsets.ISO_8859_1).strip();
        } catch (NoSuchFileException e) {
            return "";
        }
    }

    @Override
    public boolean take(String collection, String job, long token, String replica) {
        return io(job, () -> {
            Path directory = directory(collection, job);
            try {
                files.add(directory, token, RegistryJson.line(Map.of("replica", RegistryNames.requireId("replica", replica))), "the claims of job " + job);
            } catch (ConflictException e) {
                return false;
            }
            if (Files.exists(beatFile(directory, token - 1), LinkOption.NOFOLLOW_LINKS)) {
                write(directory, token - 1, TAKEN);
            }
            return true;
        });
    }

    @Override
    public boolean beat(String collection, String job, long token, long beats) {
        return io(job, () -> {
            Path directory = directory(collection, job);
            String before = beat(directory, token);
            if (before.equals(RELEASED) || before.equals(TAKEN) || !isNewest(directory, token)) {
                return false;
            }
            write(directory, token, Long.toString(beats));
            return isNewest(directory, token);
        });
    }

    @Override
    public void release(String collection, String job, long token) {
        io(job, () -> {
            Path directory = directory(collection, job);
            if (isNewest(directory, token)) {
                write(directory, token, RELEASED);
            }
            return null;
        });
    }

    private boolean isNewest(Path directory, long token) throws IOException {
        List<Long> tokens = files.numbers(directory);
        return !tokens.isEmpty() && tokens.get(tokens.size() - 1) == token;
    }

    private static Path beatFile(Path directory, long token) {
        return directory.resolve(token + ".beat");
    }

    private static void write(Path directory, long token, String beat) throws IOException {
        try (FileChannel channel = FileChannel.open(beatFile(directory, token), StandardOpenOption.CREATE, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS)) {
            ByteBuffer fixed = ByteBuffer.wrap(String.format("%-" + WIDTH + "s", beat).getBytes(StandardCharsets.ISO_8859_1));
            while (fixed.hasRemaining()) {
                channel.write(fixed, fixed.position());
            }
            channel.force(false);
        }
    }

    private Path directory(String collection, String job) {
        return root.resolve(RegistryNames.requireId("collection", collection)).resolve(RegistryNames.requireId("job", job)).resolve(DIRECTORY);
    }

    private static <T> T io(String job, RegistryLock.Work<T> operation) {
        try {
            return operation.run();
        } catch (IOException e) {
            throw new RegistryException("the claims of job " + job + " could not be read or written (" + e.getClass().getSimpleName() + ")", e);
        }
    }
}
