"""Names under which packages are imported, and under which they are installed. Pure."""

import difflib
import re
import sys

from tasks import list_fixes

# What people write where the package has another name.
INSTEAD = {
    "cv2": "opencv-python-headless",
    "opencv": "opencv-python-headless",
    "pil": "pillow",
    "sklearn": "scikit-learn",
    "skimage": "scikit-image",
    "skopt": "scikit-optimize",
    "yaml": "pyyaml",
    "bs4": "beautifulsoup4",
    "bio": "biopython",
    "dotenv": "python-dotenv",
    "dateutil": "python-dateutil",
    "docx": "python-docx",
    "pptx": "python-pptx",
    "magic": "python-magic",
    "multipart": "python-multipart",
    "serial": "pyserial",
    "usb": "pyusb",
    "git": "gitpython",
    "openssl": "pyopenssl",
    "crypto": "pycryptodome",
    "cryptodome": "pycryptodomex",
    "jwt": "pyjwt",
    "fitz": "pymupdf",
    "attr": "attrs",
    "mysqldb": "mysqlclient",
    "zmq": "pyzmq",
    "osgeo": "gdal",
    "mpl-toolkits": "matplotlib",
    "pylab": "matplotlib",
    "google-cloud": "the package of the service, such as google-cloud-storage",
    "umap": "umap-learn",
    "faiss": "faiss-cpu",
    "tensorflow-gpu": "tensorflow",
    "pytorch": "torch",
    "community": "python-louvain",
    "ffmpeg": "ffmpeg-python",
    "wx": "wxpython",
    "gi": "pygobject",
    "cairo": "pycairo",
    "ldap": "python-ldap",
    "nmap": "python-nmap",
    "slugify": "python-slugify",
    "xlib": "python-xlib",
    "rest-framework": "djangorestframework",
}
# Misspelled names are compared with these.
USUAL = (
    "accelerate", "aiohttp", "altair", "anndata", "attrs", "beautifulsoup4", "biopython", "bokeh", "boto3",
    "catboost", "click", "coretex", "cython", "dash", "dask", "datasets", "django", "fastapi", "fiona",
    "flask", "gensim", "geopandas", "h5py", "hdbscan", "httpx", "huggingface-hub", "imageio", "ipykernel",
    "joblib", "jupyter", "keras", "librosa", "lifelines", "lightgbm", "lxml", "matplotlib", "mlflow",
    "nbclient", "netcdf4", "networkx", "nltk", "notebook", "numba", "numpy", "opencv-python",
    "opencv-python-headless", "openpyxl", "optuna", "pandas", "pillow", "plotly", "polars", "psycopg2",
    "psycopg2-binary", "pyarrow", "pydantic", "pymongo", "pymysql", "pyproj", "pysam", "pytest",
    "python-dateutil", "python-dotenv", "pyyaml", "rasterio", "redis", "requests", "rich", "scanpy",
    "scikit-image", "scikit-learn", "scipy", "seaborn", "setuptools", "shapely", "six", "soundfile",
    "spacy", "sqlalchemy", "statsmodels", "streamlit", "sympy", "tensorboard", "tensorflow", "torch",
    "torchaudio", "torchvision", "tqdm", "transformers", "typer", "umap-learn", "wandb", "wheel", "xarray",
    "xgboost", "xlrd",
)  # fmt: skip
CLOSE = 0.8


def normal(name: str) -> str:
    """The name as indexes compare it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def only_elsewhere(name: str) -> str:
    """What to do about a package that is for another system only; empty for others."""
    system = list_fixes.system_of(name)
    if not system:
        return ""
    return (
        f"{name} is for {list_fixes.SYSTEMS[system]} only: remove the line, or add the condition "
        f"; sys_platform == '{system}' to it."
    )


def advice(name: str) -> str:
    """What to write instead of a package that does not exist, in a sentence."""
    plain = normal(name)
    if plain in {"python", "python3"}:
        return "Python itself is chosen in a file .python-version, such as 3.11: remove the line."
    if plain.startswith("r-"):
        return "It is an R package of Conda: list it in environment.yml instead."
    if list_fixes.system_of(name):
        return only_elsewhere(name)
    if plain in INSTEAD:
        return f"{name} is not the name of the package: write {INSTEAD[plain]} instead."
    if name in sys.stdlib_module_names:
        return f"{name} is part of Python itself: remove the line."
    if plain in USUAL:
        return "It is a usual one: check the address of the index, or ask your administrator."
    close = difflib.get_close_matches(plain, USUAL, n=1, cutoff=CLOSE)
    if close:
        return f"Did you mean {close[0]}?"
    return "Check its spelling, and whether it is in another index (--extra-index-url)."
