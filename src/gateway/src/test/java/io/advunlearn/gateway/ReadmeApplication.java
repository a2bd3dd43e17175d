package io.advunlearn.gateway;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The files of the application that the README shows: each a fenced block after a line that ends with its path. */
final class ReadmeApplication {

    private static final String SECTION = "\n## Use it in your own Quarkus application\n";
    private static final Pattern FILE = Pattern.compile("`([^`\n]+)`:\n\n```\\w+\n(.*?)```\n", Pattern.DOTALL);
    private static final int FILES = 4;

    private ReadmeApplication() {
    }

    /** @return {@code target}, which is created */
    static Path write(Path target) throws IOException {
        String readme = Files.readString(Path.of(System.getProperty("advunlearn.checkout"), "README.md"));
        int start = readme.indexOf(SECTION);
        Matcher file = FILE.matcher(readme.substring(start, readme.indexOf("\n### ", start)));
        int found = 0;
        while (file.find()) {
            Path path = target.resolve(file.group(1));
            Files.createDirectories(path.getParent());
            Files.writeString(path, file.group(2));
            found++;
        }
        if (start < 0 || found != FILES) {
            throw new IllegalStateException("the README's section on applications shows " + found + " files, " + FILES + " are expected");
        }
        return target;
    }
}
