package io.advunlearn.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import com.deque.html.axecore.results.Results;
import com.deque.html.axecore.results.Rule;
import com.deque.html.axecore.selenium.AxeBuilder;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.logging.Level;
import java.util.stream.Stream;
import org.openqa.selenium.By;
import org.openqa.selenium.Dimension;
import org.openqa.selenium.Keys;
import org.openqa.selenium.OutputType;
import org.openqa.selenium.StaleElementReferenceException;
import org.openqa.selenium.TimeoutException;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import org.openqa.selenium.logging.LogEntry;
import org.openqa.selenium.logging.LogType;
import org.openqa.selenium.logging.LoggingPreferences;
import org.openqa.selenium.support.ui.Select;
import org.openqa.selenium.support.ui.WebDriverWait;

/** Headless Chromium on the console. Needs {@code chromium} (or Chrome) and {@code chromedriver} on the path. */
final class ConsoleBrowser implements AutoCloseable {

    private static final Duration LIMIT = Duration.ofSeconds(Integer.getInteger("limit", 90));
    /** A picture that was refused or a key that was wrong is logged by the browser as an error, too. */
    private static final String EXPECTED_REFUSAL = "status of 401";

    private final ChromeDriver driver;
    private final URI console;
    private final Path screenshots = Path.of(System.getProperty("advunlearn.screenshots"));

    ConsoleBrowser(URI management) {
        ChromeOptions options = new ChromeOptions();
        options.setBinary(onPath("chromium", "chromium-browser", "google-chrome").toFile());
        options.addArguments("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--force-color-profile=srgb");
        LoggingPreferences logs = new LoggingPreferences();
        logs.enable(LogType.BROWSER, Level.SEVERE);
        options.setCapability("goog:loggingPrefs", logs);
        driver = new ChromeDriver(new ChromeDriverService.Builder().usingDriverExecutable(onPath("chromedriver").toFile()).build(), options);
        driver.manage().window().setSize(new Dimension(1200, 900));
        console = management.resolve("/console/");
    }

    private static Path onPath(String... names) {
        return Stream.of(names).flatMap(name -> Stream.of(System.getenv("PATH").split(":")).map(folder -> Path.of(folder, name))).filter(Files::isExecutable)
                .findFirst().orElseThrow(() -> new IllegalStateException("this test needs one of " + List.of(names) + " on the path"));
    }

    /** @param page behind the hash */
    void open(String page) {
        driver.get(console + "#/" + page);
    }

    void go(String page) {
        driver.findElement(By.cssSelector("nav a[href='#/" + page + "']")).click();
    }

    String location() {
        return URI.create(driver.getCurrentUrl()).getFragment();
    }

    /** The first heading, when it begins like that. */
    void awaitHeading(String beginning) {
        await("heading " + beginning, () -> find("main h1").getText().startsWith(beginning));
    }

    void awaitText(String selector, String text) {
        await(text + " in " + selector, () -> driver.findElements(By.cssSelector(selector)).stream().anyMatch(element -> element.getText().contains(text)));
    }

    WebElement find(String selector) {
        return driver.findElement(By.cssSelector(selector));
    }

    /** An option of the first list, by its text. */
    void choose(String selector, String option) {
        new Select(find(selector)).selectByVisibleText(option);
    }

    boolean has(String selector) {
        return !driver.findElements(By.cssSelector(selector)).isEmpty();
    }

    /** A button by its text, within an element. */
    void press(String within, String text) {
        await("button " + text, () -> {
            for (WebElement button : driver.findElements(By.cssSelector(within + " button"))) {
                if (button.getText().startsWith(text) && button.isEnabled()) {
                    button.click();
                    return true;
                }
            }
            return false;
        });
    }

    /** What has the focus after that many presses of the tab key on a page that was just loaded. */
    String focusedAfterTabs(int presses) {
        WebElement body = find("body");
        for (int i = 0; i < presses; i++) {
            (i == 0 ? body : driver.switchTo().activeElement()).sendKeys(Keys.TAB);
        }
        return driver.switchTo().activeElement().getText();
    }

    Object script(String code) {
        return driver.executeScript(code);
    }

    void await(String what, java.util.function.BooleanSupplier condition) {
        try {
            new WebDriverWait(driver, LIMIT).ignoring(StaleElementReferenceException.class).withMessage(what).until(d -> condition.getAsBoolean());
        } catch (TimeoutException e) {
            throw new AssertionError("not within " + LIMIT.toSeconds() + " s: " + what + "; the page says:\n" + find("body").getText(), e);
        }
    }

    /** Takes a picture of the page and looks for barriers (axe-core) and for errors in the browser's log. */
    void inspect(String name) throws IOException {
        Files.createDirectories(screenshots);
        Files.write(screenshots.resolve(name + ".png"), driver.getScreenshotAs(OutputType.BYTES));
        Results found = new AxeBuilder().analyze(driver);
        assertThat(found.getViolations().stream().map(ConsoleBrowser::describe)).as("barriers on " + name).isEmpty();
        assertThat(driver.manage().logs().get(LogType.BROWSER).getAll().stream().map(LogEntry::getMessage)
                .filter(message -> !message.contains(EXPECTED_REFUSAL))).as("the browser's log on " + name).isEmpty();
    }

    private static String describe(Rule rule) {
        return rule.getId() + ": " + rule.getHelp() + " " + rule.getNodes().stream().map(node -> node.getHtml()).collect(java.util.stream.Collectors.toSet());
    }

    /** Names of everything that the page asked for. */
    Set<Object> resources() {
        return Set.copyOf((List<?>) script("return performance.getEntriesByType('resource').map(entry => new URL(entry.name).origin)"));
    }

    @Override
    public void close() {
        driver.quit();
    }
}
