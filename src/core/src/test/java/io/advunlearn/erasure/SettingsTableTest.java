package io.advunlearn.erasure;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The README's table of settings names every setting, in order, with the values that the profiles have. */
class SettingsTableTest {

    private static final Path README = Path.of(System.getProperty("advunlearn.models", "../../models"), "..", "README.md");

    private static List<String> rows() throws IOException {
        List<String> lines = Files.readAllLines(README);
        return lines.subList(lines.indexOf("| setting | `fast` | `paper` | |") + 2, lines.size()).stream().takeWhile(line -> line.startsWith("| `"))
                .map(line -> line.substring(2, line.indexOf(" | ", line.indexOf(" | ", line.indexOf(" | ") + 1) + 1))).toList();
    }

    private static String text(Object value) {
        if (value instanceof List<?> list) {
            return list.isEmpty() ? "none" : list.stream().map(SettingsTableTest::text).collect(Collectors.joining(", "));
        }
        if (value instanceof Double number) {
            return new BigDecimal(number.toString()).stripTrailingZeros().toPlainString();
        }
        return "".equals(value) ? "none" : value.toString().toLowerCase(Locale.ROOT);
    }

    @Test
    void tableHasEverySettingWithItsDefaults() throws IOException {
        Map<String, Object> fast = ErasureProfiles.of("fast").toMap();
        Map<String, Object> paper = ErasureProfiles.of("paper").toMap();
        List<String> expected = new ArrayList<>();
        fast.forEach((name, value) -> expected.add("`" + name + "` | " + text(value) + " | " + text(paper.get(name))));
        assertThat(rows()).containsExactlyElementsOf(expected);
    }
}
