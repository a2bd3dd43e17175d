package io.advunlearn.registry;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A directory of {@code <number>.json}, to which one of several writers can add each number. */
final class NumberedFiles {

    private static final Pattern NUMBERED = Pattern.compile("([1-9][0-9]{0,17})\\.json");

    private final Duration leftoverAge;

    NumberedFiles(Duration leftoverAge) {
        this.leftoverAge = leftoverAge;
    }

    /** In order; empty if there is no such directory. */
    List<Long> numbers(Path directory) throws IOException {
        List<Long> numbers = new ArrayList<>();
        if (!Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
            return numbers;
        }
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
            for (Path file : files) {
                Matcher name = NUMBERED.matcher(file.getFileName().toString());
                if (name.matches()) {
                    numbers.add(Long.valueOf(name.group(1)));
                }
            }
        }
        numbers.sort(null);
        return numbers;
    }

    byte[] read(Path directory, long number) throws IOException {
        return Files.readAllBytes(directory.resolve(number + ".json"));
    }

    /** @param directory created if it is not there; @param what the numbers count, for the message; @throws ConflictException if the number exists */
    void add(Path directory, long number, byte[] content, String what) throws IOException {
        DurableFiles.directory(directory);
        DurableFiles.deleteLeftovers(directory, leftoverAge);
        try {
            DurableFiles.createExclusively(directory.resolve(number + ".json"), content);
        } catch (FileAlreadyExistsException e) {
            throw new ConflictException("another writer made generation " + number + " of " + what + " first: read its state and decide again");
        } catch (UnsupportedOperationException e) {
            throw new RegistryException("the registry's file system must support hard links: " + directory, e);
        }
    }
}
