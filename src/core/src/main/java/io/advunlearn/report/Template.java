package io.advunlearn.report;

import com.samskivert.mustache.Mustache;
import io.advunlearn.tensor.Sha256;
import java.io.IOException;
import java.io.InputStream;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HexFormat;

/**
 * The pages' templates. Mustache has no way to run code and escapes every value for HTML; the templates never ask for a raw one, and
 * characters that hide or reorder text are spelled out. The pages need no script and no other file.
 */
final class Template {

    private static final Mustache.Compiler COMPILER = Mustache.compiler().escapeHTML(true).strictSections(true).emptyStringIsFalse(true)
            .nullValue("")
            .withFormatter(value -> Figures.visible(String.valueOf(value))).withLoader(name -> new StringReader(text(name)));

    private static final com.samskivert.mustache.Template PAGE = COMPILER.compile(text("page.html"));
    private static final com.samskivert.mustache.Template COMPARISON = COMPILER.compile(text("compare.html"));

    /** Nothing may be loaded or run: pictures are in the page, and the only style is the page's own, by its digest. */
    static final String CONTENT_SECURITY_POLICY = "default-src 'none'; img-src data:; style-src 'sha256-"
            + Base64.getEncoder().encodeToString(HexFormat.of().parseHex(Sha256.of(text("style.css").getBytes(StandardCharsets.UTF_8))))
            + "'; base-uri 'none'; form-action 'none'";

    private Template() {
    }

    /** @param page its fields by the names in {@code page.html} */
    static String render(Object page) {
        return PAGE.execute(page);
    }

    /** @param comparison its fields by the names in {@code compare.html} */
    static String renderComparison(Object comparison) {
        return COMPARISON.execute(comparison);
    }

    private static String text(String name) {
        try (InputStream in = Template.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new IllegalStateException("the jar lacks the template " + name);
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
